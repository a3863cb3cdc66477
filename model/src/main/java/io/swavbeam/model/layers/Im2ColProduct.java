package io.swavbeam.model.layers;

import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * A convolution that is computed as the product of its {@link Im2Col} with the kernel, and
 * differentiated as a convolution.
 *
 * <p>The gradient of a gather is a slow one, so it is not asked for. The product passes, beside the
 * images and the kernel, through an op that changes nothing, for which TensorFlow has no gradient:
 * it is given the convolution's here.
 */
final class Im2ColProduct {
  private static final String OP = "IdentityN";
  // TensorFlow leaves attributes alone whose names begin so.
  private static final String STRIDE = "_stride";

  static {
    CustomGradients.register(OP, Im2ColProduct::gradient);
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
    return tf.scope()
        .env()
        .opBuilder(OP, tf.scope().makeOpName(OP), tf.scope())
        .addInputList(
            new Output<?>[] {
              tf.stopGradient(output).asOutput(), images.asOutput(), kernel.asOutput()
            })
        .setAttr(STRIDE, stride)
        .build()
        .output(0);
  }

  private static List<Operand<?>> gradient(Ops tf, GraphOperation op, List<Output<?>> ofOutputs) {
    Operand<TFloating> images = floating(op.input(1));
    Operand<TFloating> kernel = floating(op.input(2));
    long stride = op.attributes().getAttrInt(STRIDE);
    Operand<TFloating> ofImages =
        tf.nn.conv2dBackpropInput(
            tf.shape(images),
            kernel,
            floating(ofOutputs.get(0)),
            List.of(1L, stride, stride, 1L),
            "SAME");
    return List.of(tf.zerosLike(op.input(0)), ofImages, tf.zerosLike(kernel));
  }

  @SuppressWarnings("unchecked") // all three have one type, and its name is not needed here
  private static Operand<TFloating> floating(Output<?> output) {
    return (Output<TFloating>) output;
  }
}
