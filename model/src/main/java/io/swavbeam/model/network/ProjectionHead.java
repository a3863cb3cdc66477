package io.swavbeam.model.network;

import io.swavbeam.model.layers.BatchNorm;
import io.swavbeam.model.layers.L2Normalization;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Linear;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The projection head: linear, batch norm, ReLU, linear, and L2 normalisation of each row, in
 * float32. Without a hidden layer, one linear layer and the normalisation.
 */
public final class ProjectionHead {
  private static final String NAME = "projection_head";

  private final Ops tf;
  private final @Nullable Linear hidden;
  private final @Nullable BatchNorm norm;
  private final Linear output;

  /** Returns whether a variable is of the projection head, by its name. */
  public static boolean owns(String variable) {
    return variable.startsWith(NAME + ".");
  }

  /**
   * @param hiddenDim width of the hidden layer, or 0 for none
   */
  ProjectionHead(Layers<?> layers, long features, long hiddenDim, long projectionDim) {
    tf = layers.tf();
    if (hiddenDim == 0) {
      hidden = null;
      norm = null;
      output = layers.linear(NAME, features, projectionDim);
    } else {
      // The names follow PyTorch's Sequential, where the ReLU is layer 2.
      hidden = layers.linear(NAME + ".0", features, hiddenDim);
      norm = layers.norm(NAME + ".1", hiddenDim);
      output = layers.linear(NAME + ".3", hiddenDim, projectionDim);
    }
  }

  /**
   * @param features {@code [batch, features]}
   * @return {@code [batch, projectionDim]}, rows of unit length
   */
  Operand<TFloat32> apply(Operand<TFloat32> features) {
    Operand<TFloat32> x = features;
    if (hidden != null) {
      x = tf.nn.relu(norm.applyToRows(hidden.apply(x)));
    }
    return L2Normalization.rows(tf, output.apply(x));
  }
}
