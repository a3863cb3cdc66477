package io.swavbeam.model.graph;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.tensorflow.TensorNames;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;

/**
 * The placeholders of the crops of a micro-batch.
 *
 * <p>A micro-batch consists of whole batch shards, or is a part of one.
 */
final class CropInputs {
  private static final int RANK = 5;

  private final SwavConfig config;
  private final int shardsPerPart;
  private final List<List<Operand<TUint8>>> shards = new ArrayList<>(); // of each crop size
  private final @Nullable Placeholder<TInt32> begin;
  private final List<SwavNetwork.Group> groups = new ArrayList<>();

  /**
   * @param replicas each takes the same number of images, view-major
   */
  CropInputs(SwavConfig config, Ops tf, List<Ops> replicas) {
    this.config = config;
    shardsPerPart = Math.max(1, config.microBatchSize() / config.shardSize());
    boolean sliced = config.microBatchSize() < config.shardSize();
    begin = sliced ? tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(RANK))) : null;
    for (CropSpec spec : config.crops()) {
      int size = spec.size();
      Shape shape = Shape.of(spec.count(), config.shardSize(), size, size, 3);
      List<Operand<TUint8>> parts = new ArrayList<>();
      for (int shard = 0; shard < shardsPerPart; shard++) {
        parts.add(tf.placeholder(TUint8.class, Placeholder.shape(shape)));
      }
      shards.add(parts);
      Operand<TUint8> images = parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(1));
      if (begin != null) {
        images =
            tf.slice(
                images,
                begin,
                tf.constant(new int[] {spec.count(), config.microBatchSize(), size, size, 3}));
      }
      groups.add(new SwavNetwork.Group(spec.count(), split(images, spec, replicas)));
    }
  }

  private List<Operand<TUint8>> split(Operand<TUint8> all, CropSpec spec, List<Ops> replicas) {
    int images = config.microBatchSize() / replicas.size();
    int size = spec.size();
    List<Operand<TUint8>> ofReplicas = new ArrayList<>();
    for (int i = 0; i < replicas.size(); i++) {
      Ops replica = replicas.get(i);
      Operand<TUint8> own = all;
      if (replicas.size() > 1) {
        own =
            replica.slice(
                all,
                replica.constant(new int[] {0, i * images, 0, 0, 0}),
                replica.constant(new int[] {-1, images, -1, -1, -1}));
      }
      ofReplicas.add(
          replica.reshape(own, replica.constant(new int[] {spec.count() * images, size, size, 3})));
    }
    return ofReplicas;
  }

  /** Returns the images of each crop size. */
  List<SwavNetwork.Group> groups() {
    return groups;
  }

  /**
   * Returns the index of the first image of a micro-batch in its batch shard, to be closed by the
   * caller after the run.
   *
   * @return null if micro-batches are whole batch shards
   */
  @Nullable TInt32 begin(int part) {
    return begin == null
        ? null
        : TInt32.vectorOf(0, part * config.microBatchSize() % config.shardSize(), 0, 0, 0);
  }

  /**
   * Feeds the crops of a micro-batch.
   *
   * @param crops for each batch shard, for each crop size: {@code [count, batch shard size, size,
   *     size, 3] uint8}
   * @param from the result of {@link #begin}
   */
  Session.Runner feed(
      Session.Runner runner, List<List<TUint8>> crops, int part, @Nullable TInt32 from) {
    int first = part * config.microBatchSize() / config.shardSize();
    for (int shard = 0; shard < shardsPerPart; shard++) {
      for (int group = 0; group < shards.size(); group++) {
        runner.feed(
            TensorNames.of(shards.get(group).get(shard)), crops.get(first + shard).get(group));
      }
    }
    if (begin != null) {
      runner.feed(TensorNames.of(begin), from);
    }
    return runner;
  }
}
