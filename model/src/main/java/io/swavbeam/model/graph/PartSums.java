package io.swavbeam.model.graph;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;

/**
 * The sums of values over micro-batches, which are separate runs of the session. The sums are
 * resource variables that stay in the session. TensorFlow's saver leaves resource variables out.
 * That is correct here, because no checkpoint is written within a step.
 */
final class PartSums {
  private final Ops tf;
  private final int parts;
  private final List<Op> clear = new ArrayList<>();
  private final List<Op> add = new ArrayList<>();
  private long bytes;

  PartSums(Ops tf, int parts) {
    this.tf = tf;
    this.parts = parts;
  }

  /**
   * Returns the mean of a value over the micro-batches.
   *
   * @param value the value of one micro-batch, of known shape
   * @return the mean, to be read after the run of the last micro-batch
   */
  Operand<TFloat32> mean(Operand<TFloat32> value) {
    // Without different shared names, all sums would be one variable.
    VarHandleOp sum =
        tf.varHandleOp(TFloat32.class, value.shape(), VarHandleOp.sharedName("sum." + add.size()));
    bytes += value.shape().size() * Float.BYTES;
    clear.add(
        tf.assignVariableOp(sum, tf.fill(tf.constant(value.shape().asArray()), tf.constant(0f))));
    add.add(tf.assignAddVariableOp(sum, value));
    return tf.math.div(tf.readVariableOp(sum, TFloat32.class), tf.constant((float) parts));
  }

  /** Returns the ops to run before the first micro-batch. */
  List<Op> clear() {
    return clear;
  }

  /** Returns the ops to run with each micro-batch. */
  List<Op> add() {
    return add;
  }

  /** Returns the bytes of all sums. */
  long bytes() {
    return bytes;
  }
}
