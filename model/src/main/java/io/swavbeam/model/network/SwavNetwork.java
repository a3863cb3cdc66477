package io.swavbeam.model.network;

import io.swavbeam.model.config.NetworkConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Backbone, projection head and prototypes over shared variables. */
public final class SwavNetwork {
  private static final float LARGEST_BYTE = 255;

  /**
   * What the network says of a batch.
   *
   * @param features of the backbone, {@code [batch, featureDim] float32}
   * @param projections {@code [batch, projectionDim] float32}, rows of unit length
   * @param scores against the prototypes, {@code [batch, prototypes] float32}, cosines in [-1, 1]
   */
  public record Outputs(
      Operand<TFloat32> features, Operand<TFloat32> projections, Operand<TFloat32> scores) {}

  private final Ops tf;
  private final NetworkConfig config;
  private final Backbone backbone;
  private final ProjectionHead head;
  private final Prototypes prototypes;

  /** Creates the network's variables among {@code parameters}. */
  public SwavNetwork(Ops tf, NetworkConfig config, Parameters parameters) {
    this.tf = tf;
    this.config = config;
    backbone = Backbone.create(config.backbone(), tf, parameters);
    head =
        new ProjectionHead(
            tf, parameters, backbone.featureDim(), config.hiddenDim(), config.projectionDim());
    prototypes = new Prototypes(tf, parameters, config.prototypes(), config.projectionDim());
  }

  /**
   * Runs the backbone once for each group of equally large images, and the head and the prototypes
   * once over all of them.
   *
   * @param groups each {@code [images, height, width, 3] uint8}
   * @return one row an image, group after group
   */
  public Outputs apply(List<? extends Operand<TUint8>> groups, Mode mode) {
    List<Operand<TFloat32>> features = new ArrayList<>();
    for (Operand<TUint8> group : groups) {
      features.add(backbone.features(normalised(group), mode));
    }
    Operand<TFloat32> all =
        features.size() == 1 ? features.get(0) : tf.concat(features, tf.constant(0));
    Operand<TFloat32> projections = head.apply(all, mode);
    return new Outputs(all, projections, prototypes.scores(projections));
  }

  public Prototypes prototypes() {
    return prototypes;
  }

  /** Ops that update all running statistics by the training passes so far. */
  public List<Op> statisticsUpdates(Ops ordered) {
    return Stream.concat(
            backbone.statisticsUpdates(ordered).stream(), head.statisticsUpdates(ordered).stream())
        .toList();
  }

  private Operand<TFloat32> normalised(Operand<TUint8> images) {
    // (x / 255 - mean) / std as one multiplication and one addition.
    float[] scale = new float[3];
    float[] shift = new float[3];
    for (int channel = 0; channel < scale.length; channel++) {
      scale[channel] = 1 / (LARGEST_BYTE * config.std().get(channel));
      shift[channel] = -config.mean().get(channel) / config.std().get(channel);
    }
    Operand<TFloat32> pixels = tf.dtypes.cast(images, TFloat32.class);
    return tf.math.add(tf.math.mul(pixels, tf.constant(scale)), tf.constant(shift));
  }
}
