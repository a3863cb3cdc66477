package io.swavbeam.model.layers;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/** A convolution as the product of its {@link Im2Col} with the kernel. */
final class Im2ColProduct {
  private Im2ColProduct() {}

  /**
   * Returns the convolution with "SAME" padding.
   *
   * @param images {@code [batch, height, width, in]}, of a known shape
   * @param patches the patches of {@code images}, as {@link Im2Col} returns them
   * @param kernel {@code [size, size, in, out]}
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
    return tf.reshape(product, tf.constant(new long[] {size[0], height, width, window[3]}));
  }
}
