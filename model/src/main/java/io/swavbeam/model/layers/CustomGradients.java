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
 * What is computed in one way and differentiated in another.
 *
 * <p>TensorFlow cannot be told another gradient for a kind of op that it has one for. So a result
 * passes, beside all that it depends on, through an op that changes nothing and for which
 * TensorFlow has no gradient; a name on that op says which of ours it is.
 */
final class CustomGradients {
  private static final String OP = "IdentityN";
  // TensorFlow leaves attributes alone whose names begin so.
  private static final String NAME = "_swav_gradient";
  private static final Map<String, CustomGradient> GRADIENTS = new ConcurrentHashMap<>();

  static {
    if (!TensorFlow.registerCustomGradient(OP, CustomGradients::gradient)) {
      throw new IllegalStateException(
          "TensorFlow has a gradient for " + OP + ", which is not the one that is meant here");
    }
  }

  private CustomGradients() {}

  /** A gradient. It may not ask for a shape: that would wait for ever for the graph. */
  @FunctionalInterface
  interface CustomGradient {
    /**
     * Builds it.
     *
     * @param inputs of the op, in the order in which they were given
     * @param ofOutput gradient of the result
     * @return the gradient of each input
     */
    List<Operand<?>> of(Ops tf, GraphOperation op, List<Output<?>> inputs, Output<?> ofOutput);
  }

  /** Makes a gradient known under a name, to be called once in a process. */
  static void register(String name, CustomGradient gradient) {
    GRADIENTS.put(name, gradient);
  }

  /**
   * The result, differentiated otherwise.
   *
   * @param name of a gradient that is registered
   * @param inputs that get a gradient; what is not to get one is given under stop-gradient, and
   *     zeros as its gradient
   * @param attributes of the op that the gradient sees, by names that begin with an underscore
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
