package io.swavbeam.model.tensorflow;

import org.tensorflow.Operand;
import org.tensorflow.Output;

/** Names of tensors to feed and fetch, which are the same in a graph and in its copies. */
public final class TensorNames {
  private TensorNames() {}

  /** Returns the name of an output, {@code operation:index}. */
  public static String of(Operand<?> operand) {
    Output<?> output = operand.asOutput();
    return output.op().name() + ":" + output.index();
  }
}
