package io.swavbeam.model.tensorflow;

import org.tensorflow.Operand;
import org.tensorflow.Output;

/** What is fed and fetched, by name: the same in a graph and in its copies. */
public final class TensorNames {
  private TensorNames() {}

  /** The name of an output, {@code operation:index}. */
  public static String of(Operand<?> operand) {
    Output<?> output = operand.asOutput();
    return output.op().name() + ":" + output.index();
  }
}
