package io.swavbeam.model.network;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;

/**
 * Batch normalisation over all axes but the last, with PyTorch's constants.
 *
 * <p>In training, each pass takes the statistics of its own batch. The running statistics then move
 * towards those of every pass in turn; the running variance takes the unbiased one.
 */
final class BatchNorm {
  private static final float EPSILON = 1e-5f;
  private static final float MOMENTUM = 0.1f;

  private record Statistics(Operand<TFloat32> mean, Operand<TFloat32> variance) {}

  private final Ops tf;
  private final long channels;
  private final Variable<TFloat32> weight;
  private final Variable<TFloat32> bias;
  private final Variable<TFloat32> runningMean;
  private final Variable<TFloat32> runningVariance;
  private final List<Statistics> passes = new ArrayList<>();

  BatchNorm(Ops tf, Parameters parameters, String name, long channels) {
    this.tf = tf;
    this.channels = channels;
    weight = parameters.trained(name + ".weight", parameters.constant(1, channels), channels);
    bias = parameters.trained(name + ".bias", parameters.constant(0, channels), channels);
    runningMean = parameters.untrained(name + ".running_mean", 0, channels);
    runningVariance = parameters.untrained(name + ".running_var", 1, channels);
  }

  /**
   * @param x {@code [batch, height, width, channels]}
   * @return the same shape
   */
  Operand<TFloat32> apply(Operand<TFloat32> x, Mode mode) {
    boolean training = mode == Mode.TRAINING;
    Operand<TFloat32> none = tf.constant(new float[0]);
    FusedBatchNorm<TFloat32, TFloat32> norm =
        tf.nn.fusedBatchNorm(
            x,
            tf.identity(weight),
            tf.identity(bias),
            training ? none : tf.identity(runningMean),
            training ? none : tf.identity(runningVariance),
            FusedBatchNorm.epsilon(EPSILON),
            FusedBatchNorm.isTraining(training));
    if (training) {
      passes.add(new Statistics(norm.batchMean(), norm.batchVariance()));
    }
    return norm.y();
  }

  /**
   * The same for rows.
   *
   * @param x {@code [batch, channels]}
   */
  Operand<TFloat32> applyToRows(Operand<TFloat32> x, Mode mode) {
    Operand<TFloat32> image = tf.reshape(x, tf.constant(new long[] {-1, 1, 1, channels}));
    return tf.reshape(apply(image, mode), tf.constant(new long[] {-1, channels}));
  }

  /** Ops that move the running statistics by all training passes so far. */
  List<Op> updates(Ops ordered) {
    Operand<TFloat32> mean = ordered.identity(runningMean);
    Operand<TFloat32> variance = ordered.identity(runningVariance);
    for (Statistics pass : passes) {
      mean = towards(ordered, mean, pass.mean());
      variance = towards(ordered, variance, pass.variance());
    }
    return List.of(ordered.assign(runningMean, mean), ordered.assign(runningVariance, variance));
  }

  private static Operand<TFloat32> towards(
      Ops tf, Operand<TFloat32> running, Operand<TFloat32> batch) {
    return tf.math.add(
        tf.math.mul(running, tf.constant(1 - MOMENTUM)), tf.math.mul(batch, tf.constant(MOMENTUM)));
  }
}
