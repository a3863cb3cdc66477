package io.swavbeam.model.layers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * Results with a custom gradient.
 *
 * <p>TensorFlow does not accept another gradient for a type of op that already has one. So a result
 * and all its inputs pass through an op that changes nothing, and for which TensorFlow has no
 * gradient. A name on that op selects the custom gradient.
 */
final class CustomGradients {
  private static final String OP = "IdentityN";
  // TensorFlow ignores attributes whose names begin with an underscore.
  private static final String NAME = "_swav_gradient";
  private static final Map<String, CustomGradient> GRADIENTS = new ConcurrentHashMap<>();

  static {
    if (!TensorFlow.registerCustomGradient(OP, CustomGradients::gradient)) {
      throw new IllegalStateException(
          "TensorFlow has a gradient for " + OP + ", which is not the one that is meant here");
    }
  }

  private CustomGradients() {}

  /**
   * A gradient function. It must not ask the graph for a shape, because that would block forever.
   */
  @FunctionalInterface
  interface CustomGradient {
    /**
     * Builds the gradient.
     *
     * @param inputs inputs of the op, in the given order
     * @param ofOutput gradient of the result
     * @return the gradient of each input
     */
    List<Operand<?>> of(Ops tf, GraphOperation op, List<Output<?>> inputs, Output<?> ofOutput);
  }

  /** Registers a gradient under a name. To be called once in a process. */
  static void register(String name, CustomGradient gradient) {
    GRADIENTS.put(name, gradient);
  }

  /**
   * Returns the result with a custom gradient.
   *
   * @param name name of a registered gradient
   * @param inputs inputs that get a gradient; an input that is not to be differentiated is given
   *     under stop-gradient, with zeros as its gradient
   * @param attributes attributes of the op that the gradient reads; names begin with an underscore
   */
  static <T extends TType> Operand<T> override(
      Ops tf,
      String name,
      Operand<T> result,
      List<? extends Operand<?>> inputs,
      Map<String, long[]> attributes) {
    List<Output<?>> passed = new ArrayList<>();
    passed.add(tf.stopGradient(result).asOutput());
    inputs.forEach(input -> passed.add(input.asOutput()));
    GraphOperationBuilder op =
        (GraphOperationBuilder)
            tf.scope()
                .env()
                .opBuilder(OP, tf.scope().makeOpName(OP), tf.scope())
                .addInputList(passed.toArray(new Output<?>[0]))
                .setAttr(NAME, name);
    attributes.forEach(op::setAttr);
    return op.build().output(0);
  }

  private static List<Operand<?>> gradient(Ops tf, GraphOperation op, List<Output<?>> ofOutputs) {
    List<Output<?>> inputs = new ArrayList<>();
    for (int i = 1; i < op.numInputs(); i++) {
      inputs.add(op.input(i));
    }
    List<Operand<?>> gradients = new ArrayList<>();
    gradients.add(tf.zerosLike(op.input(0)));
    gradients.addAll(
        GRADIENTS
            .get(op.attributes().getAttrString(NAME))
            .of(tf, op, List.copyOf(inputs), ofOutputs.get(0)));
    return gradients;
  }
}
