package io.swavbeam.model.network;

import io.swavbeam.model.layers.BatchNorm;
import io.swavbeam.model.layers.L2Normalization;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Linear;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Linear, batch norm, ReLU, linear, and each row scaled to unit length; always float32. */
final class ProjectionHead {
  private final Ops tf;
  private final Linear hidden;
  private final BatchNorm norm;
  private final Linear output;

  ProjectionHead(Layers<?> layers, long features, long hiddenDim, long projectionDim) {
    tf = layers.tf();
    hidden = layers.linear("projection_head.0", features, hiddenDim);
    norm = layers.norm("projection_head.1", hiddenDim);
    output = layers.linear("projection_head.3", hiddenDim, projectionDim);
  }

  /**
   * @param features {@code [batch, features]}
   * @return {@code [batch, projectionDim]}, rows of unit length
   */
  Operand<TFloat32> apply(Operand<TFloat32> features) {
    Operand<TFloat32> x = tf.nn.relu(norm.applyToRows(hidden.apply(features)));
    return L2Normalization.rows(tf, output.apply(x));
  }
}
