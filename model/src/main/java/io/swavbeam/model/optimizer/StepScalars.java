package io.swavbeam.model.optimizer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * The per-step scalars of an optimiser for one group of variables: the learning rate and Adam's
 * bias corrections. The prototypes are a group of their own, because frozen prototypes have been
 * updated less often than the rest. PyTorch counts updates for each parameter, too.
 */
public final class StepScalars {
  private static final double EPSILON = 1e-8;

  private final Placeholder<TFloat32> values;
  private final Operand<TFloat32> beta1Power;
  private final Operand<TFloat32> beta2Power;
  private final Operand<TFloat32> epsilon;
  private final Operand<TFloat32> learningRate;

  public StepScalars(Ops tf) {
    values = tf.placeholder(TFloat32.class);
    beta1Power = element(tf, 0);
    beta2Power = element(tf, 1);
    epsilon = element(tf, 2);
    learningRate = element(tf, 3);
  }

  /** Returns the placeholder to feed with {@link #valuesFor} whenever the group is updated. */
  public Placeholder<TFloat32> values() {
    return values;
  }

  /**
   * Returns the values for one update, to be closed by the caller.
   *
   * @param update number of this update of the group, from 1
   */
  public static TFloat32 valuesFor(long update, double learningRate) {
    double power2 = Math.pow(Adam.BETA2, (double) update);
    return TFloat32.vectorOf(
        (float) Math.pow(Adam.BETA1, (double) update),
        (float) power2,
        // TensorFlow adds epsilon before the bias correction, PyTorch after it.
        (float) (EPSILON * Math.sqrt(1 - power2)),
        (float) learningRate);
  }

  Operand<TFloat32> beta1Power() {
    return beta1Power;
  }

  Operand<TFloat32> beta2Power() {
    return beta2Power;
  }

  Operand<TFloat32> epsilon() {
    return epsilon;
  }

  Operand<TFloat32> learningRate() {
    return learningRate;
  }

  private Operand<TFloat32> element(Ops tf, int index) {
    return tf.gather(values, tf.constant(index), tf.constant(0));
  }
}
