package io.swavbeam.model.loss;

import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.network.Prototypes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The projections of the latest images: one queue for each view that codes are computed from,
 * newest first. A queue holds projections, not scores, so that scores always come from the current
 * prototypes.
 */
public final class FeatureQueue {
  private final Ops tf;
  private final int length;
  private final List<Variable<TFloat32>> queues = new ArrayList<>();
  private final Placeholder<TInt32> used;

  /**
   * Creates the variables, filled with zeros.
   *
   * @param length number of projections in each queue
   */
  public FeatureQueue(
      Ops tf, Parameters parameters, int cropsForAssign, int length, int projectionDim) {
    this.tf = tf;
    this.length = length;
    for (int i = 0; i < cropsForAssign; i++) {
      queues.add(parameters.untrained("queue." + i, 0, length, projectionDim));
    }
    used = tf.placeholder(TInt32.class, Placeholder.shape(org.tensorflow.ndarray.Shape.of(1)));
  }

  /** Returns the placeholder to feed with {@link #use} in each step. */
  public Placeholder<TInt32> used() {
    return used;
  }

  /**
   * Returns the value of {@link #used}, to be closed by the caller.
   *
   * @param inUse whether the queues take part in the codes of the step
   */
  public TInt32 use(boolean inUse) {
    return TInt32.vectorOf(inUse ? length : 0);
  }

  /** Returns the scores of each queue, {@code [used, prototypes]}. */
  public List<Operand<TFloat32>> scores(Prototypes prototypes) {
    Operand<TInt32> size = tf.concat(List.of(used, tf.constant(new int[] {-1})), tf.constant(0));
    Operand<TInt32> begin = tf.constant(new int[] {0, 0});
    return queues.stream()
        .<Operand<TFloat32>>map(
            queue -> prototypes.scores(tf.slice(tf.identity(queue), begin, size)))
        .toList();
  }

  /**
   * Returns ops that add the newest projections at the front and drop the oldest.
   *
   * @param ordered creates ops that run after the queues are read
   * @param newest projections of each view that codes are computed from, {@code [batch,
   *     projectionDim]}
   */
  public List<Op> updates(Ops ordered, List<Operand<TFloat32>> newest, int batch) {
    List<Op> updates = new ArrayList<>();
    for (int i = 0; i < queues.size(); i++) {
      Operand<TFloat32> kept =
          ordered.slice(
              ordered.identity(queues.get(i)),
              ordered.constant(new int[] {0, 0}),
              ordered.constant(new int[] {length - batch, -1}));
      updates.add(
          ordered.assign(
              queues.get(i), ordered.concat(List.of(newest.get(i), kept), ordered.constant(0))));
    }
    return updates;
  }
}
