package io.swavbeam.model.network;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Linear, batch norm, ReLU, linear, and each row scaled to unit length. */
final class ProjectionHead {
  private final Ops tf;
  private final Linear hidden;
  private final BatchNorm norm;
  private final Linear output;

  ProjectionHead(Ops tf, Parameters parameters, long features, long hiddenDim, long projectionDim) {
    this.tf = tf;
    hidden = new Linear(tf, parameters, "projection_head.0", features, hiddenDim);
    norm = new BatchNorm(tf, parameters, "projection_head.1", hiddenDim);
    output = new Linear(tf, parameters, "projection_head.3", hiddenDim, projectionDim);
  }

  /**
   * @param features {@code [batch, features]}
   * @return {@code [batch, projectionDim]}, rows of unit length
   */
  Operand<TFloat32> apply(Operand<TFloat32> features, Mode mode) {
    Operand<TFloat32> x = tf.nn.relu(norm.applyToRows(hidden.apply(features), mode));
    return UnitLength.rows(tf, output.apply(x));
  }

  List<Op> statisticsUpdates(Ops ordered) {
    return norm.updates(ordered);
  }
}
