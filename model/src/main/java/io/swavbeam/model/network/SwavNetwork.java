package io.swavbeam.model.network;

import io.swavbeam.model.backbone.Backbone;
import io.swavbeam.model.backbone.BackboneProvider;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.layers.L2Normalization;
import io.swavbeam.model.layers.Layers;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TFloating;

/**
 * Backbone, projection head and prototypes with shared variables. The backbone computes on the
 * replicas and in the type of its {@link Layers}. The head and the prototypes compute on the whole
 * batch, in float32.
 *
 * @param <T> type of the backbone's activations
 */
public final class SwavNetwork<T extends TFloating> {
  private static final int RGB = 3;
  private static final float MAX_BYTE = 255;

  /**
   * The outputs of the network for a batch.
   *
   * @param features features of the backbone, {@code [batch, featureDim] float32}
   * @param projections {@code [batch, projectionDim] float32}, rows of unit length; null without a
   *     projection head
   * @param scores dot products with the prototypes, {@code [batch, prototypes] float32}: cosines in
   *     [-1, 1] if prototypes have unit length; null without prototypes. Without a projection head,
   *     normalised features are compared
   */
  public record Outputs(
      Operand<TFloat32> features,
      @Nullable Operand<TFloat32> projections,
      @Nullable Operand<TFloat32> scores) {}

  /**
   * Images of equal size, split over the replicas.
   *
   * @param views number of crops of each image
   * @param images images of each replica, {@code [views x images, height, width, 3] uint8}: all
   *     images of view 0, then of view 1, and so on
   */
  public record Group(int views, List<Operand<TUint8>> images) {}

  private final Ops tf;
  private final NetworkConfig config;
  private final Layers<T> layers;
  private final Backbone<T> backbone;
  private final @Nullable ProjectionHead head;
  private final @Nullable Prototypes prototypes;

  /** Creates the variables of the network in the parameters of {@code layers}. */
  public SwavNetwork(NetworkConfig config, Layers<T> layers) {
    this.config = config;
    this.layers = layers;
    tf = layers.tf();
    backbone = BackboneProvider.named(config.backbone()).create(layers, config.width());
    boolean hasHead = config.projectionDim() > 0;
    head =
        hasHead
            ? new ProjectionHead(
                layers, backbone.featureDim(), config.hiddenDim(), config.projectionDim())
            : null;
    long dim = hasHead ? config.projectionDim() : backbone.featureDim();
    prototypes =
        config.prototypes() > 0
            ? new Prototypes(tf, layers.parameters(), config.prototypes(), dim)
            : null;
  }

  /**
   * Applies the backbone once to each group, and the head and the prototypes once to all of them.
   *
   * @return one row for each image, group after group, view after view
   */
  public Outputs apply(List<Group> groups) {
    return outputs(features(groups));
  }

  /**
   * Applies the backbone once to each group.
   *
   * @return features of each group, {@code [views x batch, featureDim]}, view after view
   */
  public List<Operand<TFloat32>> features(List<Group> groups) {
    List<Operand<TFloat32>> features = new ArrayList<>();
    for (Group group : groups) {
      List<Operand<T>> images = new ArrayList<>();
      for (int replica = 0; replica < group.images().size(); replica++) {
        images.add(normalised(layers.replicas().get(replica), group.images().get(replica)));
      }
      features.add(joined(backbone.features(images), group.views()));
    }
    return features;
  }

  /**
   * Applies the head and the prototypes once to all features.
   *
   * @param features features of each group
   * @return one row for each image, group after group
   */
  public Outputs outputs(List<Operand<TFloat32>> features) {
    Operand<TFloat32> all =
        features.size() == 1 ? features.get(0) : tf.concat(features, tf.constant(0));
    Operand<TFloat32> projections = head == null ? null : head.apply(all);
    if (prototypes == null) {
      return new Outputs(all, projections, null);
    }
    Operand<TFloat32> compared = head == null ? L2Normalization.rows(tf, all) : projections;
    return new Outputs(all, projections, prototypes.scores(compared));
  }

  /** Returns the rows of all replicas in view-major order. */
  private Operand<TFloat32> joined(List<Operand<TFloat32>> ofReplicas, int views) {
    if (ofReplicas.size() == 1) {
      return ofReplicas.get(0);
    }
    List<Operand<TFloat32>> byView = new ArrayList<>();
    for (Operand<TFloat32> rows : ofReplicas) {
      byView.add(tf.reshape(rows, tf.constant(new long[] {views, -1, backbone.featureDim()})));
    }
    return tf.reshape(
        tf.concat(byView, tf.constant(1)), tf.constant(new long[] {-1, backbone.featureDim()}));
  }

  /**
   * Returns the prototypes.
   *
   * @throws IllegalStateException if the network has none
   */
  public Prototypes prototypes() {
    if (prototypes == null) {
      throw new IllegalStateException("a network without prototypes");
    }
    return prototypes;
  }

  /**
   * Returns {@code (x / 255 - mean) / std}, computed in the order of the reference implementation,
   * which makes rounding nearly the same. The images are rotated by 180 degrees, as the backbone
   * expects.
   */
  private Operand<T> normalised(Ops replica, Operand<TUint8> images) {
    Operand<TFloat32> pixels =
        replica.dtypes.cast(
            replica.reverse(images, replica.constant(new int[] {1, 2})), TFloat32.class);
    Shape shape = images.shape();
    if (shape.hasUnknownDimension()) {
      return layers.cast(replica, normalised(replica, pixels, 1));
    }
    // Computes on whole rows of an image, because TensorFlow broadcasts vectors of three numbers
    // slowly.
    long width = shape.get(2);
    Operand<TFloat32> rows =
        replica.reshape(pixels, replica.constant(new long[] {-1, width * RGB}));
    Operand<TFloat32> normalised = normalised(replica, rows, Math.toIntExact(width));
    return layers.cast(replica, replica.reshape(normalised, replica.constant(shape.asArray())));
  }

  /**
   * Computes {@code (x / 255 - mean) / std}.
   *
   * @param pixels {@code [..., 3 width] float32}, in [0, 255]
   */
  private Operand<TFloat32> normalised(Ops replica, Operand<TFloat32> pixels, int width) {
    Operand<TFloat32> unit = replica.math.div(pixels, replica.constant(MAX_BYTE));
    Operand<TFloat32> centred = replica.math.sub(unit, row(replica, config.mean(), width));
    return replica.math.div(centred, row(replica, config.std(), width));
  }

  private static Operand<TFloat32> row(Ops replica, List<Float> rgb, int width) {
    float[] row = new float[RGB * width];
    for (int i = 0; i < row.length; i++) {
      row[i] = rgb.get(i % RGB);
    }
    return replica.constant(row);
  }
}
