package io.swavbeam.model.network;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * A 3x3 convolution with bias, padded by one pixel on each side.
 *
 * <p>The padding is an op of its own: TensorFlow's "SAME" pads only below and to the right at
 * stride 2, unlike PyTorch.
 */
final class Convolution {
  private static final int KERNEL = 3;

  private final Ops tf;
  private final Variable<TFloat32> weight;
  private final Variable<TFloat32> bias;
  private final long stride;

  /** Weights start as PyTorch's: uniform within 1 / sqrt(fan in). */
  Convolution(Ops tf, Parameters parameters, String name, long in, long out, long stride) {
    this.tf = tf;
    this.stride = stride;
    double bound = 1 / Math.sqrt((double) in * KERNEL * KERNEL);
    weight = parameters.uniform(name + ".weight", bound, KERNEL, KERNEL, in, out);
    bias = parameters.uniform(name + ".bias", bound, out);
  }

  /**
   * @param images {@code [batch, height, width, in]}
   * @return {@code [batch, ceil(height / stride), ceil(width / stride), out]}
   */
  Operand<TFloat32> apply(Operand<TFloat32> images) {
    List<Long> strides = List.of(1L, stride, stride, 1L);
    Operand<TFloat32> product;
    if (stride == 1) {
      product = tf.nn.conv2d(images, tf.identity(weight), strides, "SAME");
    } else {
      Operand<TFloat32> padded =
          tf.pad(
              images, tf.constant(new int[][] {{0, 0}, {1, 1}, {1, 1}, {0, 0}}), tf.constant(0f));
      product = tf.nn.conv2d(padded, tf.identity(weight), strides, "VALID");
    }
    return tf.nn.biasAdd(product, tf.identity(bias));
  }
}
