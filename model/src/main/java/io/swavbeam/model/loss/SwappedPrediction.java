package io.swavbeam.model.loss;

import io.swavbeam.model.config.LossConfig;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The swapped-prediction loss of SwAV (arXiv:2006.09882, equations 1, 2 and 6): the code of one
 * view is predicted from every other view.
 */
public final class SwappedPrediction {
  /**
   * The loss of a batch, with its codes.
   *
   * @param loss a scalar
   * @param codes codes of each view that they are computed from, {@code [batch, prototypes]}, under
   *     stop-gradient
   */
  public record Result(Operand<TFloat32> loss, List<Operand<TFloat32>> codes) {}

  private SwappedPrediction() {}

  /**
   * Computes the loss of a batch and its codes.
   *
   * @param scores {@code [views x batch, prototypes] float32}: all images of view 0, then of view
   *     1, and so on
   * @param views crops of each image
   * @param batch images
   * @param queueScores see {@link #codes}
   */
  public static Result of(
      Ops tf,
      Operand<TFloat32> scores,
      int views,
      int batch,
      LossConfig config,
      List<? extends Operand<TFloat32>> queueScores) {
    List<Operand<TFloat32>> forAssign =
        config.cropsForAssign().stream().map(view -> view(tf, scores, view, batch)).toList();
    List<Operand<TFloat32>> codes = codes(tf, forAssign, batch, config, queueScores);
    return new Result(loss(tf, scores, views, batch, config, codes), codes);
  }

  /**
   * Computes the codes of a batch, under stop-gradient.
   *
   * @param scores of each code view, {@code [batch, prototypes] float32}
   * @param batch images
   * @param queueScores scores of earlier samples, {@code [length, prototypes]} for each code view,
   *     or empty: they take part in the Sinkhorn algorithm and are then dropped
   * @return of each code view, {@code [batch, prototypes]}
   */
  public static List<Operand<TFloat32>> codes(
      Ops tf,
      List<Operand<TFloat32>> scores,
      int batch,
      LossConfig config,
      List<? extends Operand<TFloat32>> queueScores) {
    List<Operand<TFloat32>> codes = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      codes.add(
          code(
              tf, scores.get(i), queueScores.isEmpty() ? null : queueScores.get(i), batch, config));
    }
    return codes;
  }

  /**
   * Computes the loss for given codes: cross-entropy of each code with the softmax of {@code scores
   * / temperature} of every other view, averaged over those views, then over the code views.
   *
   * @param scores {@code [views x batch, prototypes] float32}: all images of view 0, then of view
   *     1, and so on
   * @param views crops of each image
   * @param batch images
   * @param codes of each code view, {@code [batch, prototypes]}
   * @return a scalar
   */
  public static Operand<TFloat32> loss(
      Ops tf,
      Operand<TFloat32> scores,
      int views,
      int batch,
      LossConfig config,
      List<Operand<TFloat32>> codes) {
    Operand<TFloat32> logProbabilities =
        tf.nn.logSoftmax(tf.math.div(scores, tf.constant((float) config.temperature())));
    Operand<TFloat32> total = tf.constant(0f);
    for (int i = 0; i < config.cropsForAssign().size(); i++) {
      for (int view = 0; view < views; view++) {
        if (view != config.cropsForAssign().get(i)) {
          Operand<TFloat32> agreement =
              tf.reduceSum(
                  tf.math.mul(codes.get(i), view(tf, logProbabilities, view, batch)),
                  tf.constant(1));
          total = tf.math.sub(total, tf.math.mean(agreement, tf.constant(0)));
        }
      }
    }
    int pairs = config.cropsForAssign().size() * (views - 1);
    return tf.math.div(total, tf.constant((float) pairs));
  }

  private static Operand<TFloat32> code(
      Ops tf, Operand<TFloat32> scores, Operand<TFloat32> queue, int batch, LossConfig config) {
    Operand<TFloat32> own = tf.stopGradient(scores);
    if (queue == null) {
      return Sinkhorn.codes(tf, own, config.epsilon(), config.sinkhornIterations());
    }
    Operand<TFloat32> both = tf.concat(List.of(tf.stopGradient(queue), own), tf.constant(0));
    Operand<TFloat32> codes =
        Sinkhorn.codes(tf, both, config.epsilon(), config.sinkhornIterations());
    Operand<TInt32> begin =
        tf.stack(
            List.of(tf.gather(tf.shape(queue), tf.constant(0), tf.constant(0)), tf.constant(0)));
    return tf.slice(codes, begin, tf.constant(new int[] {batch, -1}));
  }

  /** Returns the rows of one view. The rows of view 0 come first, then those of view 1. */
  public static Operand<TFloat32> view(Ops tf, Operand<TFloat32> rows, int view, int batch) {
    return tf.slice(
        rows, tf.constant(new int[] {view * batch, 0}), tf.constant(new int[] {batch, -1}));
  }
}
