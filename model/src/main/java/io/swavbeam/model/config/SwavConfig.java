package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.history.History;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A recipe: all values of a training run except its images, its seed and its number of steps.
 * Presets are recipes as JSON files.
 *
 * @param crops the crops of an image; those that codes are computed from come first
 * @param batchSize images of a step
 * @param epochs passes over the images, unless a run has a number of steps
 * @param microBatches number of equal parts of a batch, which go through the network one after the
 *     other to save memory; 1 for the whole batch at once
 */
public record SwavConfig(
    NetworkConfig network,
    @JsonPropertyDescription(
            "Crops of an image, as count x size : range of the scale: 2x224:0.14-1,6x96:0.05-0.14.")
        List<CropSpec> crops,
    AugmentationConfig augmentation,
    LossConfig loss,
    QueueConfig queue,
    OptimizerConfig optimizer,
    EvaluationConfig evaluation,
    @JsonPropertyDescription("Images a step.") int batchSize,
    @JsonPropertyDescription("Passes over the images, if no number of steps is given.") int epochs,
    @JsonPropertyDescription(
            "Number of parts of a batch that pass through the network one after the other, to save memory; auto for the fewest that fit. Batch norm uses the statistics of a part.")
        int microBatches)
    implements Serializable {

  private static final int MAX_SHARD_SIZE = 32;
  private static final int MAX_IMAGES = 1 << 20;

  public SwavConfig {
    ConfigCheck.that(
        network.projectionDim() >= 1,
        "network.projectionDim must be at least 1, not %s",
        network.projectionDim());
    ConfigCheck.that(
        network.prototypes() >= 2,
        "network.prototypes must be at least 2, not %s",
        network.prototypes());
    ConfigCheck.that(!crops.isEmpty(), "crops must have at least one entry");
    crops = List.copyOf(crops);
    int views = crops.stream().mapToInt(CropSpec::count).sum();
    ConfigCheck.that(views >= 2, "crops must add up to at least two views, not %s", views);
    for (int view : loss.cropsForAssign()) {
      ConfigCheck.that(
          view >= 0 && view < views,
          "loss.cropsForAssign names crop %s, but the crops are numbered 0 to %s",
          view,
          views - 1);
    }
    ConfigCheck.that(batchSize >= 2, "batchSize must be at least 2, not %s", batchSize);
    ConfigCheck.atMost("batchSize", batchSize, MAX_IMAGES);
    ConfigCheck.that(
        queue.queueLength() % batchSize == 0,
        "queue.queueLength must be a multiple of the batch size %s, not %s",
        batchSize,
        queue.queueLength());
    ConfigCheck.that(epochs >= 1, "epochs must be at least 1, not %s", epochs);
    ConfigCheck.that(
        isPossible(batchSize, microBatches),
        "microBatches must be one of %s for a batch of %s, not %s",
        possible(batchSize),
        batchSize,
        microBatches);
  }

  /**
   * Reads a recipe that this version or an earlier one has written.
   *
   * @param origin the name of the text in errors
   * @throws InvalidConfigException in one line, if a key is unknown, missing or has a bad value
   */
  public static SwavConfig read(String json, String origin) {
    return ConfigJson.read(json, SwavConfig.class, origin, History.RECIPE);
  }

  /** Returns the number of crops of one image, of all sizes together. */
  public int views() {
    return crops.stream().mapToInt(CropSpec::count).sum();
  }

  /**
   * Returns the number of images of a batch shard, which one worker makes and sends: the largest
   * divisor of the batch size that is at most 32. The trained model does not depend on it.
   */
  public int shardSize() {
    return shardSize(batchSize);
  }

  private static int shardSize(int batchSize) {
    int size = Math.min(MAX_SHARD_SIZE, batchSize);
    while (batchSize % size != 0) {
      size--;
    }
    return size;
  }

  /** Returns the number of images that go through the network at once. */
  public int microBatchSize() {
    return batchSize / microBatches;
  }

  /**
   * Returns the possible values of {@link #microBatches}, in ascending order: divisors of the batch
   * size for which a micro-batch has at least two images, and is a multiple or a divisor of a batch
   * shard.
   */
  public List<Integer> possibleMicroBatches() {
    return possible(batchSize);
  }

  private static List<Integer> possible(int batchSize) {
    return IntStream.rangeClosed(1, batchSize)
        .filter(parts -> isPossible(batchSize, parts))
        .boxed()
        .toList();
  }

  private static boolean isPossible(int batchSize, int parts) {
    if (parts < 1 || batchSize % parts != 0) {
      return false;
    }
    int size = batchSize / parts;
    int shard = shardSize(batchSize);
    return size >= 2 && (size % shard == 0 || shard % size == 0);
  }

  /** Returns the number of batch shards of a step. */
  public int shardsPerStep() {
    return batchSize / shardSize();
  }

  /**
   * Returns the number of steps that count as one epoch: {@code max(1, images / batchSize)},
   * rounded down. Positions run on, so a step may have images of two epochs.
   */
  public long stepsPerEpoch(long images) {
    return Math.max(1, images / batchSize);
  }

  /** Returns the steps of the recipe's epochs: {@code epochs * stepsPerEpoch(images)}. */
  public long steps(long images) {
    return epochs * stepsPerEpoch(images);
  }

  /** Returns the bytes of all crops of one image. */
  public long cropBytes() {
    return crops.stream().mapToLong(crop -> 3L * crop.count() * crop.size() * crop.size()).sum();
  }

  /** Returns the network, the sizes of the crops and the batch size in one line. */
  public String summary() {
    return "%s of width %d on crops of %s pixels, %d images per step"
        .formatted(
            network.backbone(),
            network.width(),
            String.join(
                " and ", crops.stream().map(crop -> Integer.toString(crop.size())).toList()),
            batchSize);
  }

  /** Returns this recipe without a queue. */
  public SwavConfig withoutQueue() {
    return with(Map.of("queueLength", 0, "queueStartEpoch", 0));
  }

  /** Returns this recipe with another batch size and one micro-batch. */
  public SwavConfig withBatchSize(int newBatchSize) {
    return with(Map.of("batchSize", newBatchSize, "microBatches", 1));
  }

  /**
   * Returns this recipe with another number of micro-batches.
   *
   * @throws InvalidConfigException if it is not one of {@link #possibleMicroBatches}
   */
  public SwavConfig withMicroBatches(int newMicroBatches) {
    return with(Map.of("microBatches", newMicroBatches));
  }

  /**
   * Returns this recipe with other values.
   *
   * @param values new values by the names of {@link RecipeValue#ALL}
   * @throws InvalidConfigException in one line, if they make no valid recipe
   */
  public SwavConfig with(Map<String, ?> values) {
    return with(ConfigJson.tree(values));
  }

  /** Returns this recipe with other values, as JSON. Other names are ignored. */
  public SwavConfig with(JsonNode values) {
    ObjectNode tree = ConfigJson.tree(this);
    replace(tree, values);
    return ConfigJson.read(tree, SwavConfig.class, "recipe");
  }

  private static void replace(ObjectNode section, JsonNode values) {
    for (Map.Entry<String, JsonNode> field : section.properties()) {
      if (field.getValue() instanceof ObjectNode inner) {
        replace(inner, values);
      } else if (values.hasNonNull(field.getKey())) {
        field.setValue(values.get(field.getKey()));
      }
    }
  }
}
