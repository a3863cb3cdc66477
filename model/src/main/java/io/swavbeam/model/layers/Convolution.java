package io.swavbeam.model.layers;

import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * A convolution with an odd square kernel, padded as PyTorch does it, and the batch norm behind it.
 *
 * <p><b>Images and kernels are rotated by 180 degrees.</b> At stride 2, PyTorch's windows begin
 * before the first pixel, and the windows of TensorFlow's "SAME" padding end after the last pixel.
 * With images and kernels rotated, "SAME" computes the result of PyTorch, and padding takes no
 * time. With an op that pads, a training step takes a fifth longer, because the convolution
 * multiplies the zeros. oneDNN does not compute convolutions with "EXPLICIT" padding.
 *
 * <p><b>The gradient of the kernel is computed here.</b> TensorFlow's automatic differentiation
 * stops at the output of the convolution. On a CPU, the gradient is a matrix product over {@link
 * Im2Col} where that is faster than oneDNN's op. In bfloat16, the product takes a third of the
 * time, except for large images of few channels. In float32, it takes four fifths of the time at
 * stride 2. In bfloat16, an output of few pixels is a matrix product over the same patches too
 * ({@link Im2ColProduct}), because oneDNN's convolution reaches only two thirds of its speed there.
 *
 * <p><b>Images of few channels are convolved in float32</b> on a CPU, also if they are bfloat16.
 * oneDNN pads such channels in bfloat16 with uninitialised memory. Results changed from run to run,
 * and were NaN if the memory held NaN (oneDNN of TensorFlow 2.18, on a processor with AVX-512's
 * bfloat16).
 *
 * <p><b>The bias is not added in training.</b> Batch norm would subtract it again, so its gradient
 * is zero. Only the running mean includes it. Adding the bias and summing its gradient would make a
 * step a tenth longer.
 *
 * <p><b>In inference, the batch norm is part of the kernel and the bias</b>: {@code (x * kernel +
 * bias - mean) scale + shift} is a convolution with {@code kernel scale}. A batch norm in an op of
 * its own takes more time than the convolutions, because it reads and writes all activations.
 * oneDNN adds the bias and applies the ReLU before it writes the output of the convolution.
 */
public final class Convolution<T extends TFloating> {
  /**
   * One application of the convolution in one replica, with its patches if it was computed from
   * patches.
   */
  private record Pass<T extends TFloating>(
      Ops tf, Operand<T> input, @Nullable Operand<T> patches, Operand<T> output) {}

  // For fewer channels, moving the pixels takes longer than multiplying them.
  private static final int MIN_CHANNELS = 16;
  private static final int MAX_PRODUCT_WINDOWS = 16;
  // Measured with AVX-512's bfloat16 at 64 channels: the product with its patches takes 1.6 times
  // as long as the op for 28x28 pixels, 1.3 times for 18x18, 0.95 times for 8x8.
  private static final int SMALL_PIXEL = 64;
  private static final int MANY_PIXELS = 256;

  private final Layers<T> layers;
  private final String name;
  private final @Nullable Variable<TFloat32> bias;
  private final BatchNorm norm;
  private final long[] shape;
  private final long stride;
  private final List<Operand<T>> kernels = new ArrayList<>();
  private final List<Pass<T>> passes = new ArrayList<>();

  Convolution(
      Layers<T> layers,
      String name,
      Variable<TFloat32> weight,
      @Nullable Variable<TFloat32> bias,
      BatchNorm norm,
      long stride) {
    this.layers = layers;
    this.name = name;
    this.bias = bias;
    this.norm = norm;
    this.stride = stride;
    shape = weight.shape().asArray();
    for (Ops replica : layers.replicas()) {
      Operand<TFloat32> kernel = rotated(replica, replica.identity(weight));
      if (layers.mode() == Mode.INFERENCE) {
        kernel = replica.math.mul(kernel, norm.runningScale(replica));
      }
      kernels.add(layers.cast(replica, kernel));
    }
  }

  /**
   * Convolves and normalises.
   *
   * @param xs of each replica, {@code [batch, height, width, in]}, rotated
   * @return of each replica, {@code [batch, ceil(height / stride), ceil(width / stride), out]}
   */
  public List<Operand<T>> apply(List<Operand<T>> xs) {
    return apply(xs, false);
  }

  /**
   * Convolves, normalises and applies a ReLU. Takes fewer passes over the output than a separate
   * ReLU.
   *
   * @param xs see {@link #apply(List)}
   * @return see {@link #apply(List)}
   */
  public List<Operand<T>> applyWithRelu(List<Operand<T>> xs) {
    return apply(xs, true);
  }

  private List<Operand<T>> apply(List<Operand<T>> xs, boolean hasRelu) {
    List<Operand<T>> ys = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Ops tf = layers.replicas().get(i);
      Operand<T> input = aligned(tf, xs.get(i));
      Pass<T> pass = pass(tf, input, kernels.get(i));
      passes.add(pass);
      ys.add(pass.output());
    }
    if (layers.mode() == Mode.INFERENCE) {
      ys = layers.map(ys, (tf, y) -> tf.nn.biasAdd(y, layers.cast(tf, shift(tf))));
      return hasRelu ? layers.map(ys, (tf, y) -> tf.nn.relu(y)) : ys;
    }
    return norm.apply(
        layers.replicas(), ys, bias == null ? null : layers.tf().identity(bias), hasRelu);
  }

  private Operand<TFloat32> shift(Ops tf) {
    return norm.runningShift(tf, norm.runningScale(tf), bias == null ? null : tf.identity(bias));
  }

  private Pass<T> pass(Ops tf, Operand<T> input, Operand<T> kernel) {
    if (isComputedInFloat32()) {
      return new Pass<>(
          tf,
          input,
          null,
          layers.cast(
              tf,
              tf.nn.conv2d(layers.wide(tf, input), layers.wide(tf, kernel), strides(), "SAME")));
    }
    Operand<T> patches = isFasterAsProduct(input) ? patches(tf, input) : null;
    Operand<T> output =
        patches == null
            ? tf.nn.conv2d(input, kernel, strides(), "SAME")
            : Im2ColProduct.of(tf, input, patches, kernel, stride);
    return new Pass<>(
        tf,
        input,
        patches,
        layers.mode() == Mode.TRAINING
            ? ConvolutionGradient.of(tf, output, input, kernel, stride)
            : output);
  }

  /**
   * Returns whether activations are cast to float32. On a CPU, float16 would be summed in float16.
   * For bfloat16, see the class comment.
   */
  private boolean isComputedInFloat32() {
    return layers.onCpu()
        && (layers.type() == TFloat16.class
            || (layers.type() == TBfloat16.class && shape[2] < MIN_CHANNELS));
  }

  private boolean isFasterAsProduct(Operand<T> input) {
    if (layers.mode() != Mode.TRAINING
        || layers.type() != TBfloat16.class
        || shape[0] == 1
        || !usesPatches(input)) {
      return false;
    }
    long[] size = input.shape().asArray();
    return Im2Col.windows(size[1], stride) * Im2Col.windows(size[2], stride) <= MAX_PRODUCT_WINDOWS;
  }

  private Operand<T> patches(Ops tf, Operand<T> input) {
    return shape[0] == 1 && stride == 1
        ? input
        : Im2Col.of(tf, input, (int) shape[0], (int) stride);
  }

  private List<Long> strides() {
    return List.of(1L, stride, stride, 1L);
  }

  /**
   * Returns the input without the rows and columns before the first sampled pixel. With stride 2, a
   * 1x1 kernel samples every other pixel, starting at the first. The input is rotated by 180
   * degrees here, so for an even size the first pixel is at index 1.
   */
  private Operand<T> aligned(Ops tf, Operand<T> x) {
    if (stride == 1 || shape[0] > 1) {
      return x;
    }
    Operand<TInt32> skipped = skipped(tf, x);
    Operand<TInt32> zero = tf.constant(new int[] {0});
    Operand<TInt32> begin = tf.concat(List.of(zero, skipped, zero), tf.constant(0));
    return tf.slice(x, begin, tf.constant(new int[] {-1, -1, -1, -1}));
  }

  /** Returns the number of rows and columns before the first one that is sampled. */
  private Operand<TInt32> skipped(Ops tf, Operand<T> x) {
    if (!x.shape().hasUnknownDimension()) {
      long[] size = x.shape().asArray();
      return tf.constant(
          new int[] {(int) ((size[1] - 1) % stride), (int) ((size[2] - 1) % stride)});
    }
    Operand<TInt32> sides =
        tf.slice(tf.shape(x), tf.constant(new int[] {1}), tf.constant(new int[] {2}));
    return tf.math.mod(
        tf.math.sub(sides, tf.constant(new int[] {1})), tf.constant(new int[] {(int) stride}));
  }

  private Operand<TFloat32> rotated(Ops tf, Operand<TFloat32> kernel) {
    return shape[0] == 1 ? kernel : tf.reverse(kernel, tf.constant(new int[] {0, 1}));
  }

  String weightName() {
    return name + ".weight";
  }

  @Nullable String biasName() {
    return bias == null ? null : name + ".bias";
  }

  /** Returns the outputs of all passes so far, whose gradients {@link #gradient} takes. */
  List<Output<T>> outputs() {
    return passes.stream().map(pass -> pass.output().asOutput()).toList();
  }

  /**
   * Returns the gradient of the kernel.
   *
   * @param ofOutputs gradient of each of {@link #outputs}
   * @return {@code [kernel, kernel, in, out] float32}
   */
  Operand<TFloat32> gradient(List<Operand<T>> ofOutputs) {
    List<Operand<TFloat32>> parts = new ArrayList<>();
    for (int i = 0; i < passes.size(); i++) {
      Pass<T> pass = passes.get(i);
      parts.add(
          usesPatches(pass.input())
              ? byPatches(pass, ofOutputs.get(i))
              : byConvolution(pass.tf(), pass.input(), ofOutputs.get(i)));
    }
    return rotated(layers.tf(), parts.size() == 1 ? parts.get(0) : layers.tf().math.addN(parts));
  }

  /** Returns the gradient of the bias: zeros. */
  Operand<TFloat32> biasGradient() {
    return layers.parameters().constant(0, shape[3]);
  }

  private boolean usesPatches(Operand<T> input) {
    boolean faster =
        layers.type() == TBfloat16.class
            ? !hasManySmallPixels(input)
            : layers.type() == TFloat32.class && stride > 1;
    return layers.onCpu()
        && faster
        && shape[2] >= MIN_CHANNELS
        && !input.shape().hasUnknownDimension();
  }

  /**
   * Returns whether oneDNN's own op is faster than a product with patches in bfloat16, because
   * copying the patches takes too long. This was measured with AVX-512's instructions only. Without
   * such instructions, the op adds up in bfloat16.
   */
  private boolean hasManySmallPixels(Operand<T> input) {
    long[] size = input.shape().asArray();
    return stride == 1
        && shape[0] > 1
        && shape[2] <= SMALL_PIXEL
        && size[1] * size[2] >= MANY_PIXELS
        && layers.usesAvx512Bfloat16();
  }

  private Operand<TFloat32> byConvolution(Ops tf, Operand<T> input, Operand<T> ofOutput) {
    Operand<TInt32> sizes = tf.dtypes.cast(tf.constant(shape), TInt32.class);
    if (isComputedInFloat32()) {
      Operand<TFloat32> wide = layers.wide(behind(tf, ofOutput), input);
      return tf.nn.conv2dBackpropFilter(wide, sizes, layers.wide(tf, ofOutput), strides(), "SAME");
    }
    return layers.wide(tf, tf.nn.conv2dBackpropFilter(input, sizes, ofOutput, strides(), "SAME"));
  }

  /**
   * Returns the product of the transposed gradient of the output, which is the smaller matrix, and
   * the patches.
   */
  private Operand<TFloat32> byPatches(Pass<T> pass, Operand<T> ofOutput) {
    Ops tf = pass.tf();
    long columns = shape[0] * shape[1] * shape[2];
    Operand<T> patches =
        pass.patches() == null ? patches(behind(tf, ofOutput), pass.input()) : pass.patches();
    Operand<T> product =
        tf.linalg.matMul(
            tf.reshape(ofOutput, tf.constant(new long[] {-1, shape[3]})),
            tf.reshape(patches, tf.constant(new long[] {-1, columns})),
            MatMul.transposeA(true));
    Operand<TFloat32> gradient =
        tf.linalg.transpose(layers.wide(tf, product), tf.constant(new int[] {1, 0}));
    return tf.reshape(gradient, tf.constant(shape));
  }

  /**
   * Returns ops that run after the gradient of the output is computed. Otherwise patches would be
   * made in the forward pass and held until then, and they are nine times as large as the
   * activations.
   */
  private static Ops behind(Ops tf, Operand<?> ofOutput) {
    return tf.withControlDependencies(List.of(ofOutput));
  }
}
