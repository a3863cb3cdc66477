package io.swavbeam.model.loss;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceMax;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;

/**
 * The Sinkhorn-Knopp algorithm of SwAV (arXiv:2006.09882, section 3.1 and listing 1): soft codes
 * that use all prototypes equally.
 */
public final class Sinkhorn {
  private Sinkhorn() {}

  /**
   * Codes of a batch: {@code exp(scores / epsilon)}, then for each iteration the prototypes scaled
   * to 1/K and the samples to 1/B, and at the end times B.
   *
   * <p>All of it is computed on logarithms. That is the same algorithm (every scaling is a
   * subtraction, and the factors 1/K, B and the first sum cancel out), but a prototype that is far
   * from every sample at a small epsilon does not become 0 / 0.
   *
   * @param scores {@code [batch, prototypes] float32}
   * @param epsilon weight of the entropy
   * @param iterations rounds, at least 1
   * @return {@code [batch, prototypes] float32}, each row with the sum 1, under stop-gradient
   */
  public static Operand<TFloat32> codes(
      Ops tf, Operand<TFloat32> scores, double epsilon, int iterations) {
    Operand<TFloat32> logCodes = tf.math.div(scores, tf.constant((float) epsilon));
    for (int i = 0; i < iterations; i++) {
      logCodes = tf.math.sub(logCodes, logSumExp(tf, logCodes, 0));
      logCodes = tf.math.sub(logCodes, logSumExp(tf, logCodes, 1));
    }
    return tf.stopGradient(tf.math.exp(logCodes));
  }

  private static Operand<TFloat32> logSumExp(Ops tf, Operand<TFloat32> x, int axis) {
    Operand<TFloat32> largest = tf.reduceMax(x, tf.constant(axis), ReduceMax.keepDims(true));
    Operand<TFloat32> sum =
        tf.reduceSum(
            tf.math.exp(tf.math.sub(x, largest)), tf.constant(axis), ReduceSum.keepDims(true));
    return tf.math.add(largest, tf.math.log(sum));
  }
}
