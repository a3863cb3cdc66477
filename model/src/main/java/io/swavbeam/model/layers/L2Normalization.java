package io.swavbeam.model.layers;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;

/** The scaling of vectors to unit length. */
public final class L2Normalization {
  // PyTorch's normalize divides by max(length, 1e-12).
  private static final float MIN_SQUARE = 1e-24f;

  private L2Normalization() {}

  /**
   * @param x {@code [rows, dim]}
   * @return the same shape, each row of unit length; rows of zeros stay zeros
   */
  public static Operand<TFloat32> rows(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> square =
        tf.reduceSum(tf.math.square(x), tf.constant(1), ReduceSum.keepDims(true));
    return tf.math.mul(x, tf.math.rsqrt(tf.math.maximum(square, tf.constant(MIN_SQUARE))));
  }
}
