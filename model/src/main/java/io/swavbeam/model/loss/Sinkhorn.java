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
   * Computes the codes of a batch: {@code exp(scores / epsilon)}, then in each iteration the
   * prototypes are scaled to 1/K and the samples to 1/B. At the end, the result is multiplied by B.
   *
   * <p>Computes with logarithms, so each scaling is a subtraction. The factors 1/K and B and the
   * first sum cancel out. Without logarithms, a prototype that is far from all samples would become
   * 0 / 0 at a small epsilon.
   *
   * @param scores {@code [batch, prototypes] float32}
   * @param epsilon the weight of the entropy
   * @param iterations the number of rounds, at least 1
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
