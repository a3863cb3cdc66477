package io.swavbeam.model.layers;

import java.util.List;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * A convolution that is computed as the product of its {@link Im2Col} with the kernel, and
 * differentiated as a convolution.
 *
 * <p>The gradient of a gather is a slow one, so it is not asked for.
 */
final class Im2ColProduct {
  private static final String GRADIENT = "Im2ColProduct";
  private static final String STRIDE = "_stride";

  static {
    CustomGradients.register(GRADIENT, Im2ColProduct::gradient);
  }

  private Im2ColProduct() {}

  /**
   * The convolution, padded as "SAME" has it.
   *
   * @param images {@code [batch, height, width, in]}, of a known shape
   * @param patches of these
   * @param kernel {@code [size, size, in, out]}; not differentiated
   * @return {@code [batch, ceil(height / stride), ceil(width / stride), out]}
   */
  static <T extends TFloating> Operand<T> of(
      Ops tf, Operand<T> images, Operand<T> patches, Operand<T> kernel, long stride) {
    long[] size = images.shape().asArray();
    long[] window = kernel.shape().asArray();
    Operand<T> product =
        tf.linalg.matMul(
            tf.reshape(patches, tf.constant(new long[] {-1, window[0] * window[1] * window[2]})),
            tf.reshape(kernel, tf.constant(new long[] {-1, window[3]})));
    long height = Im2Col.windows(size[1], stride);
    long width = Im2Col.windows(size[2], stride);
    Operand<T> output =
        tf.reshape(product, tf.constant(new long[] {size[0], height, width, window[3]}));
    return CustomGradients.override(
        tf, GRADIENT, output, List.of(images, kernel), Map.of(STRIDE, stride));
  }

  private static List<Operand<?>> gradient(
      Ops tf, GraphOperation op, List<Output<?>> inputs, Output<?> ofOutput) {
    Operand<TFloating> images = floating(inputs.get(0));
    Operand<TFloating> kernel = floating(inputs.get(1));
    long stride = op.attributes().getAttrInt(STRIDE);
    Operand<TFloating> ofImages =
        tf.nn.conv2dBackpropInput(
            tf.shape(images), kernel, floating(ofOutput), List.of(1L, stride, stride, 1L), "SAME");
    return List.of(ofImages, tf.zerosLike(kernel));
  }

  @SuppressWarnings("unchecked") // all three have one type, and its name is not needed here
  private static Operand<TFloating> floating(Output<?> output) {
    return (Output<TFloating>) output;
  }
}
