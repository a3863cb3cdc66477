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
  private final List<Op> first = new ArrayList<>();
  private final List<Op> next = new ArrayList<>();
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
        tf.varHandleOp(
            TFloat32.class, value.shape(), VarHandleOp.sharedName("sum." + first.size()));
    bytes += value.shape().size() * Float.BYTES;
    first.add(tf.assignVariableOp(sum, value));
    next.add(tf.assignAddVariableOp(sum, value));
    return tf.math.div(tf.readVariableOp(sum, TFloat32.class), tf.constant((float) parts));
  }

  /** What a part's run has to do besides. */
  List<Op> add(int part) {
    return part == 0 ? first : next;
  }

  /** Bytes of all sums. */
  long bytes() {
    return bytes;
  }
}
