package io.swavbeam.model.layers;

import org.tensorflow.TensorFlow;
import org.tensorflow.op.RawCustomGradient;

/** Gradients of ours, for ops that TensorFlow has none for. */
final class CustomGradients {
  private CustomGradients() {}

  /**
   * Gives all ops of a kind their gradient, to be called once in a process.
   *
   * @param gradient may not ask for a shape: that would wait for ever for the graph that is being
   *     differentiated
   * @throws IllegalStateException if TensorFlow has one, which would be another
   */
  static void register(String op, RawCustomGradient gradient) {
    if (!TensorFlow.registerCustomGradient(op, gradient)) {
      throw new IllegalStateException(
          "TensorFlow has a gradient for " + op + ", which is not the one that is meant here");
    }
  }
}
