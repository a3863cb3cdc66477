package io.swavbeam.model.optimizer;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * What an optimiser needs to know of time, for variables that have been updated equally often.
 * Frozen prototypes start later than the rest, so they have a clock of their own, as in PyTorch.
 */
public final class StepScalars {
  private static final double EPSILON = 1e-8;

  private final Placeholder<TFloat32> reading;
  private final Operand<TFloat32> beta1Power;
  private final Operand<TFloat32> beta2Power;
  private final Operand<TFloat32> epsilon;
  private final Operand<TFloat32> learningRate;

  public StepScalars(Ops tf) {
    reading = tf.placeholder(TFloat32.class);
    beta1Power = element(tf, 0);
    beta2Power = element(tf, 1);
    epsilon = element(tf, 2);
    learningRate = element(tf, 3);
  }

  /** What is to be fed with a {@link #at reading} in every run that updates. */
  public Placeholder<TFloat32> reading() {
    return reading;
  }

  /**
   * The values for one update, to be closed by the caller.
   *
   * @param update number of this update of these variables, from 1
   */
  public static TFloat32 at(long update, double learningRate) {
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
    return tf.gather(reading, tf.constant(index), tf.constant(0));
  }
}
