package io.swavbeam.model.layers;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** A linear layer with bias; its weight is {@code [in, out]}. */
public final class Linear {
  private final Ops tf;
  private final Variable<TFloat32> weight;
  private final Variable<TFloat32> bias;

  /** Creates the layer. Initial weights are PyTorch's: uniform within 1 / sqrt(in). */
  Linear(Ops tf, Parameters parameters, String name, long in, long out) {
    this.tf = tf;
    double bound = 1 / Math.sqrt((double) in);
    weight = parameters.uniform(name + ".weight", bound, in, out);
    bias = parameters.uniform(name + ".bias", bound, out);
  }

  /**
   * Applies the layer.
   *
   * @param x {@code [batch, in]}
   * @return {@code [batch, out]}
   */
  public Operand<TFloat32> apply(Operand<TFloat32> x) {
    return tf.nn.biasAdd(tf.linalg.matMul(x, tf.identity(weight)), tf.identity(bias));
  }
}
