package io.swavbeam.model.network;

import io.swavbeam.model.layers.L2Normalization;
import io.swavbeam.model.layers.Parameters;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;

/**
 * The K prototypes, {@code [prototypes, projectionDim]}, without a bias. In training, rows have
 * unit length. Prototypes of an imported network are as in its file.
 */
public final class Prototypes {
  /** The name of the only variable. */
  public static final String NAME = "prototypes.weight";

  private final Ops tf;
  private final Variable<TFloat32> weight;

  Prototypes(Ops tf, Parameters parameters, long prototypes, long projectionDim) {
    this.tf = tf;
    long[] shape = {prototypes, projectionDim};
    Operand<TFloat32> first = L2Normalization.rows(tf, parameters.centredUniform(shape));
    weight = parameters.trained(NAME, first, shape);
  }

  /**
   * @param projections {@code [batch, projectionDim]}
   * @return the dot product with every prototype, {@code [batch, prototypes]}
   */
  public Operand<TFloat32> scores(Operand<TFloat32> projections) {
    return tf.linalg.matMul(projections, tf.identity(weight), MatMul.transposeB(true));
  }

  /** Returns an op that scales each prototype to unit length. */
  public Op normalise(Ops ordered) {
    return ordered.assign(weight, L2Normalization.rows(ordered, ordered.identity(weight)));
  }
}
