package io.swavbeam.model.optimizer;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The L2 norm of all gradients together, and clipping by it. */
public final class GlobalNorm {
  // The constant of PyTorch's clip_grad_norm_.
  private static final float EPSILON = 1e-6f;

  private GlobalNorm() {}

  /** Returns the square root of the sum of all squares, a scalar. */
  public static Operand<TFloat32> of(Ops tf, List<? extends Operand<TFloat32>> gradients) {
    List<Operand<TFloat32>> halves = new ArrayList<>();
    for (Operand<TFloat32> gradient : gradients) {
      // L2Loss is half the sum of the squares, and needs no tensor for the squares.
      halves.add(tf.nn.l2Loss(gradient));
    }
    return tf.math.sqrt(tf.math.mul(tf.math.addN(halves), tf.constant(2f)));
  }

  /**
   * Returns the factor, at most 1, that scales a vector of length {@code norm} to a length of at
   * most {@code limit}.
   */
  public static Operand<TFloat32> clipping(Ops tf, Operand<TFloat32> norm, double limit) {
    Operand<TFloat32> factor =
        tf.math.div(tf.constant((float) limit), tf.math.add(norm, tf.constant(EPSILON)));
    return tf.math.minimum(factor, tf.constant(1f));
  }
}
