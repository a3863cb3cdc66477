package io.swavbeam.model.layers;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Batch normalisation over all axes but the last, with PyTorch's constants. Statistics are always
 * float32.
 *
 * <p>The statistics of float32 images on a CPU have a relative error of at most 2e-6, if the mean
 * is within three standard deviations of the running mean. This holds from the first step on. The
 * variance of TensorFlow's fused op has an error of 4e-5, because it sums hundreds of thousands of
 * pixels one by one. The error is larger with fewer threads, and deep networks multiply it.
 *
 * <p>In training, each pass uses the statistics of its own batch, computed over all replicas. After
 * the step, the running statistics move towards those of each pass, one pass after the other. The
 * running variance moves towards the unbiased variance.
 */
public final class BatchNorm {
  static final float EPSILON = 1e-5f;
  private static final float MOMENTUM = 0.1f;

  private record Statistics(Operand<TFloat32> mean, Operand<TFloat32> unbiasedVariance) {}

  private final Ops tf;
  private final Mode mode;
  private final boolean onCpu;
  private final long channels;
  private final Variable<TFloat32> weight;
  private final Variable<TFloat32> bias;
  private final Variable<TFloat32> runningMean;
  private final Variable<TFloat32> runningVariance;
  private final List<Statistics> passes = new ArrayList<>();

  BatchNorm(Ops tf, Mode mode, boolean onCpu, Parameters parameters, String name, long channels) {
    this.tf = tf;
    this.mode = mode;
    this.onCpu = onCpu;
    this.channels = channels;
    weight = parameters.trained(name + ".weight", parameters.constant(1, channels), channels);
    bias = parameters.trained(name + ".bias", parameters.constant(0, channels), channels);
    runningMean = parameters.untrained(name + ".running_mean", 0, channels);
    runningVariance = parameters.untrained(name + ".running_var", 1, channels);
  }

  /**
   * Normalises rows.
   *
   * @param x {@code [batch, channels]}
   * @return the same shape
   */
  public Operand<TFloat32> applyToRows(Operand<TFloat32> x) {
    Operand<TFloat32> image = tf.reshape(x, tf.constant(new long[] {-1, 1, 1, channels}));
    Operand<TFloat32> normalised = apply(List.of(tf), List.of(image), null, false).get(0);
    return tf.reshape(normalised, tf.constant(new long[] {-1, channels}));
  }

  /**
   * Returns the factor of each channel by the running statistics, {@code weight / sqrt(variance +
   * epsilon)}.
   */
  Operand<TFloat32> runningScale(Ops replica) {
    return scale(replica, replica.identity(runningVariance));
  }

  private Operand<TFloat32> scale(Ops replica, Operand<TFloat32> variance) {
    return replica.math.mul(
        replica.math.rsqrt(replica.math.add(variance, replica.constant(EPSILON))),
        replica.identity(weight));
  }

  /**
   * Returns the shift of each channel by the running statistics, which is added after the scale.
   *
   * @param scale see {@link #runningScale}
   * @param offset an offset that was not added to the images, {@code [channels]}, or null
   */
  Operand<TFloat32> runningShift(
      Ops replica, Operand<TFloat32> scale, @Nullable Operand<TFloat32> offset) {
    Operand<TFloat32> mean = replica.identity(runningMean);
    Operand<TFloat32> left = offset == null ? mean : replica.math.sub(mean, offset);
    return replica.math.sub(replica.identity(bias), replica.math.mul(left, scale));
  }

  /**
   * Normalises images.
   *
   * @param replicas the ops of each replica
   * @param xs the images of each replica, {@code [batch, height, width, channels]}
   * @param offset an offset that was not added to the images, {@code [channels]}, or null; it
   *     changes only the running mean
   * @param hasRelu whether a ReLU follows
   * @return the normalised images, of the same shapes
   */
  <T extends TFloating> List<Operand<T>> apply(
      List<Ops> replicas,
      List<Operand<T>> xs,
      @Nullable Operand<TFloat32> offset,
      boolean hasRelu) {
    if (mode == Mode.TRAINING && xs.size() > 1) {
      return synchronised(replicas, xs, offset, hasRelu);
    }
    List<Operand<T>> ys = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      ys.add(alone(replicas.get(i), xs.get(i), offset, hasRelu));
    }
    return ys;
  }

  private <T extends TFloating> Operand<T> alone(
      Ops replica, Operand<T> x, @Nullable Operand<TFloat32> offset, boolean hasRelu) {
    if (mode == Mode.INFERENCE) {
      // Only rows are normalised here. Convolutions include the running statistics in their
      // kernels.
      return fused(replica, x, replica.identity(runningMean), replica.identity(runningVariance))
          .y();
    }
    if (onCpu && x.type() == TFloat32.class) {
      @SuppressWarnings("unchecked") // the type was just checked
      Operand<T> exact = (Operand<T>) exact(replica, (Operand<TFloat32>) x, offset, hasRelu);
      return exact;
    }
    Operand<TFloat32> none = replica.constant(new float[0]);
    FusedBatchNorm<T, TFloat32> norm = fused(replica, x, none, none);
    passes.add(new Statistics(shifted(norm.batchMean(), offset), norm.batchVariance()));
    if (!hasRelu) {
      return norm.y();
    }
    if (!onCpu) {
      return Relu.of(replica, norm.y());
    }
    return BatchNormGradient.of(
        replica,
        replica.nn.relu(norm.y()),
        true,
        x,
        replica.identity(weight),
        replica.identity(bias),
        List.of(norm.reserveSpace1(), norm.reserveSpace2(), norm.reserveSpace3()));
  }

  private <T extends TFloating> FusedBatchNorm<T, TFloat32> fused(
      Ops replica, Operand<T> x, Operand<TFloat32> mean, Operand<TFloat32> variance) {
    return replica.nn.fusedBatchNorm(
        x,
        replica.identity(weight),
        replica.identity(bias),
        mean,
        variance,
        FusedBatchNorm.epsilon(EPSILON),
        FusedBatchNorm.isTraining(mode == Mode.TRAINING));
  }

  /**
   * Normalises float32 images on a CPU in four passes over them: one reads them for the sums, one
   * reads them for the sums of squares, and a depthwise convolution reads and writes them to apply
   * scale, shift and ReLU.
   *
   * <p>The running mean is subtracted first, which TensorFlow does where the previous convolution
   * writes its output. The rest of the mean is small compared with the deviation. So the variance
   * loses no digits when the square of the mean is subtracted from the mean of the squares.
   *
   * @param x of a known shape
   */
  private Operand<TFloat32> exact(
      Ops replica, Operand<TFloat32> x, @Nullable Operand<TFloat32> offset, boolean hasRelu) {
    long[] shape = x.shape().asArray();
    long pixels = shape[1] * shape[2];
    Operand<TFloat32> centre = replica.identity(runningMean);
    Operand<TFloat32> added =
        offset == null ? replica.math.neg(centre) : replica.math.sub(offset, centre);
    Operand<TFloat32> centred = replica.nn.biasAdd(x, added);
    Operand<TFloat32> rows =
        replica.reshape(centred, replica.constant(new long[] {shape[0], pixels, channels}));

    Operand<TFloat32> mean = meanOverImages(replica, sumsOfImages(replica, rows), pixels);
    Operand<TFloat32> squares =
        replica.math.square(replica.linalg.euclideanNorm(rows, replica.constant(new int[] {1})));
    Operand<TFloat32> variance =
        replica.math.maximum(
            replica.math.sub(meanOverImages(replica, squares, pixels), replica.math.square(mean)),
            replica.constant(0f));
    passes.add(new Statistics(replica.math.add(mean, centre), unbiased(variance, List.of(x))));

    Operand<TFloat32> scale = scale(replica, variance);
    Operand<TFloat32> shift =
        replica.math.sub(replica.identity(bias), replica.math.mul(mean, scale));
    // With one row of pixels per image, the kernel of the convolution is called least often.
    Operand<TFloat32> y =
        replica.nn.biasAdd(
            replica.nn.depthwiseConv2dNative(
                replica.reshape(rows, replica.constant(new long[] {shape[0], 1, pixels, channels})),
                replica.reshape(scale, replica.constant(new long[] {1, 1, channels, 1})),
                List.of(1L, 1L, 1L, 1L),
                "SAME"),
            shift);
    return BatchNormGradient.of(
        replica,
        replica.reshape(hasRelu ? replica.nn.relu(y) : y, replica.constant(shape)),
        hasRelu,
        centred,
        replica.identity(weight),
        replica.identity(bias),
        List.of(mean, variance, replica.constant(new float[0])));
  }

  /**
   * Returns sums over the pixels of each image, {@code [batch, channels]}. They are matrix products
   * with ones, which a CPU sums in blocks.
   */
  private Operand<TFloat32> sumsOfImages(Ops tf, Operand<TFloat32> rows) {
    long[] shape = rows.shape().asArray();
    Operand<TFloat32> ones =
        tf.fill(tf.constant(new long[] {shape[0], 1, shape[1]}), tf.constant(1f));
    return tf.reshape(
        tf.train.batchMatMul(ones, rows, TFloat32.class),
        tf.constant(new long[] {shape[0], channels}));
  }

  private static Operand<TFloat32> meanOverImages(Ops tf, Operand<TFloat32> sums, long pixels) {
    return tf.math.div(tf.math.mean(sums, tf.constant(0)), tf.constant((float) pixels));
  }

  /**
   * Normalises with statistics over all replicas. Averages the means of the replicas, because all
   * replicas have the same number of images.
   */
  private <T extends TFloating> List<Operand<T>> synchronised(
      List<Ops> replicas,
      List<Operand<T>> xs,
      @Nullable Operand<TFloat32> offset,
      boolean hasRelu) {
    List<Operand<TFloat32>> wide = new ArrayList<>();
    List<Operand<TFloat32>> means = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Operand<TFloat32> x = replicas.get(i).dtypes.cast(xs.get(i), TFloat32.class);
      wide.add(x);
      means.add(channelMean(replicas.get(i), x));
    }
    Operand<TFloat32> mean = average(means);
    List<Operand<TFloat32>> centred = new ArrayList<>();
    List<Operand<TFloat32>> squares = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Ops replica = replicas.get(i);
      Operand<TFloat32> difference = replica.math.sub(wide.get(i), mean);
      centred.add(difference);
      squares.add(channelMean(replica, replica.math.square(difference)));
    }
    Operand<TFloat32> variance = average(squares);
    Operand<TFloat32> scale = scale(tf, variance);
    List<Operand<T>> ys = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Ops replica = replicas.get(i);
      Operand<TFloat32> y =
          replica.math.add(replica.math.mul(centred.get(i), scale), replica.identity(bias));
      Operand<T> cast = replica.dtypes.cast(y, xs.get(i).type());
      ys.add(hasRelu ? Relu.of(replica, cast) : cast);
    }
    passes.add(new Statistics(shifted(mean, offset), unbiased(variance, xs)));
    return ys;
  }

  /** Averages image by image, because short sums are more exact, and faster. */
  private static Operand<TFloat32> channelMean(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> ofImages = tf.math.mean(x, tf.constant(new int[] {1, 2}));
    return tf.math.mean(ofImages, tf.constant(0));
  }

  private Operand<TFloat32> average(List<Operand<TFloat32>> values) {
    return tf.math.div(tf.math.addN(values), tf.constant((float) values.size()));
  }

  /** Returns the variance times n / (n - 1), where n is the number of pixels of all replicas. */
  private Operand<TFloat32> unbiased(
      Operand<TFloat32> variance, List<? extends Operand<? extends TFloating>> xs) {
    Operand<TInt32> values = tf.size(xs.get(0));
    Operand<TFloat32> count =
        tf.math.mul(
            tf.dtypes.cast(values, TFloat32.class), tf.constant((float) xs.size() / channels));
    return tf.math.mul(variance, tf.math.div(count, tf.math.sub(count, tf.constant(1f))));
  }

  private Operand<TFloat32> shifted(Operand<TFloat32> mean, @Nullable Operand<TFloat32> offset) {
    return offset == null ? mean : tf.math.add(mean, offset);
  }

  /**
   * Returns ops that update the running statistics by all training passes so far.
   *
   * @param overParts returns the mean of a statistic over micro-batches
   */
  List<Op> updates(Ops ordered, UnaryOperator<Operand<TFloat32>> overParts) {
    Operand<TFloat32> mean = ordered.identity(runningMean);
    Operand<TFloat32> variance = ordered.identity(runningVariance);
    for (Statistics pass : passes) {
      mean = towards(ordered, mean, overParts.apply(pass.mean()));
      variance = towards(ordered, variance, overParts.apply(pass.unbiasedVariance()));
    }
    return List.of(ordered.assign(runningMean, mean), ordered.assign(runningVariance, variance));
  }

  private static Operand<TFloat32> towards(
      Ops tf, Operand<TFloat32> running, Operand<TFloat32> batch) {
    return tf.math.add(
        tf.math.mul(running, tf.constant(1 - MOMENTUM)), tf.math.mul(batch, tf.constant(MOMENTUM)));
  }
}
