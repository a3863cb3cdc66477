package io.swavbeam.model.graph;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;

/**
 * Means over the parts of a batch, which go through the network in one run each. The sums stay in
 * the session from run to run. They are resource variables, which TensorFlow's saver leaves out: no
 * checkpoint is made in the middle of a step.
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
   * The mean of a value over the parts.
   *
   * @param value of one part, of known shape
   * @return what is to be read in a run after that of the last part
   */
  Operand<TFloat32> mean(Operand<TFloat32> value) {
    // Without a name, they would all be one.
    VarHandleOp sum =
        tf.varHandleOp(TFloat32.class, value.shape(), VarHandleOp.sharedName("sum." + add.size()));
    bytes += value.shape().size() * Float.BYTES;
    clear.add(
        tf.assignVariableOp(sum, tf.fill(tf.constant(value.shape().asArray()), tf.constant(0f))));
    add.add(tf.assignAddVariableOp(sum, value));
    return tf.math.div(tf.readVariableOp(sum, TFloat32.class), tf.constant((float) parts));
  }

  /** Returns the ops to run before the first part. */
  List<Op> clear() {
    return clear;
  }

  /** Returns the ops to run with each part. */
  List<Op> add() {
    return add;
  }

  /** Bytes of all sums. */
  long bytes() {
    return bytes;
  }
}
