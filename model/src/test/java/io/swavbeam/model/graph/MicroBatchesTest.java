package io.swavbeam.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.config.OptimizerConfig.Cosine;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.layers.Mode;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.testing.TinyRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.types.TUint8;

/** Compares a batch in micro-batches with the whole batch. */
class MicroBatchesTest {
  private static final double TOLERANCE = 1e-5;

  /** 64 images in two batch shards, a queue of 64, and an optimiser that is nearly linear. */
  private static final SwavConfig RECIPE = recipe();

  private static final List<List<TUint8>> CROPS = crops(image -> image);

  @AfterAll
  static void close() {
    CROPS.forEach(shard -> shard.forEach(TUint8::close));
  }

  /** Micro-batches of a whole batch shard, a half and an eighth of one. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 16})
  void partsAddUpToTheBatchWhereImagesAreNormalisedByThemselves(int parts) {
    try (TrainingGraph whole = graph(1, Mode.INFERENCE, Devices.cpu());
        TrainingGraph divided = graph(parts, Mode.INFERENCE, Devices.cpu())) {
      int update = 0;
      for (TrainingSchedule.Queue queue : TrainingSchedule.Queue.values()) {
        update++;
        TrainingSchedule.Step step =
            new TrainingSchedule.Step(0.1, update, update - 1, update, queue);
        StepResult expected = whole.step(CROPS, step);
        StepResult found = divided.step(CROPS, step);
        assertThat(found.loss()).isCloseTo(expected.loss(), within((float) TOLERANCE));
        assertThat(found.gradientNorm())
            .isCloseTo(expected.gradientNorm(), within(expected.gradientNorm() * 1e-5f));
        assertThat(found.codeEntropy()).isCloseTo(expected.codeEntropy(), within(1e-4f));
        assertThat(found.clusters()).containsExactly(expected.clusters());
      }
      Map<String, float[]> expected = Reference.values(whole);
      Reference.values(divided)
          .forEach(
              (name, found) ->
                  assertThat(largestDifference(found, expected.get(name)))
                      .as(name)
                      .isLessThan(TOLERANCE));
    }
  }

  @Test
  void eachPartIsSplitOverTheDevices() {
    try (TrainingGraph one = graph(4, Mode.INFERENCE, Devices.cpu());
        TrainingGraph two = graph(4, Mode.INFERENCE, Devices.cpus(2))) {
      StepResult expected = one.step(CROPS, Reference.step(0, 0.1));
      assertThat(two.step(CROPS, Reference.step(0, 0.1)).loss())
          .isCloseTo(expected.loss(), within((float) TOLERANCE));
    }
    assertThatThrownBy(() -> graph(32, Mode.TRAINING, Devices.cpus(4)).close())
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("a part of the batch of 2 cannot be split evenly over 4 devices");
  }

  @Test
  void runningStatisticsMoveOnceAStepByTheMeanOfTheParts() {
    // The second half of the images equals the first, so all micro-batches have the same
    // statistics.
    List<List<TUint8>> twice = crops(image -> image % 32);
    String name = "backbone.1.running_mean";
    try (TrainingGraph whole = graph(1, Mode.TRAINING, Devices.cpu());
        TrainingGraph divided = graph(2, Mode.TRAINING, Devices.cpu())) {
      whole.step(twice, Reference.step(0, 0.1));
      divided.step(twice, Reference.step(0, 0.1));
      float[] moved = Reference.value(whole, name);
      assertThat(largestDifference(moved, new float[moved.length])).isGreaterThan(0.01);
      assertThat(largestDifference(Reference.value(divided, name), moved)).isLessThan(TOLERANCE);
    }
    twice.forEach(shard -> shard.forEach(TUint8::close));
  }

  @Test
  void sameBitsAlsoBehindACheckpointWhichHoldsNoSums(@TempDir Path folder) {
    Path whole = folder.resolve("whole");
    Path divided = folder.resolve("divided");
    Map<String, float[]> expected;
    try (TrainingGraph graph = graph(4, Mode.TRAINING, Devices.cpu())) {
      graph.step(CROPS, Reference.step(0, 0.1));
      graph.save(divided);
      graph.step(CROPS, Reference.step(1, 0.1));
      expected = Reference.values(graph);
    }
    try (TrainingGraph graph = graph(4, Mode.TRAINING, Devices.cpu())) {
      graph.restore(divided);
      graph.step(CROPS, Reference.step(1, 0.1));
      Map<String, float[]> found = Reference.values(graph);
      expected.forEach(
          (name, values) -> assertThat(Arrays.equals(found.get(name), values)).as(name).isTrue());
    }
    try (TrainingGraph graph = graph(1, Mode.TRAINING, Devices.cpu())) {
      graph.save(whole);
      graph.restore(divided); // the same variables, so that no state depends on the micro-batches
      assertThat(whole.resolveSibling("whole.data-00000-of-00001"))
          .hasSize(divided.resolveSibling("divided.data-00000-of-00001").toFile().length());
    }
  }

  @Test
  void float16ScalesTheLossOfEachPart() {
    try (TrainingGraph exact =
            new TrainingGraph(
                RECIPE.withMicroBatches(4), Precision.FLOAT32, 1, Devices.cpu(), Mode.TRAINING);
        TrainingGraph graph =
            new TrainingGraph(
                RECIPE.withMicroBatches(4), Precision.FLOAT16, 1, Devices.cpu(), Mode.TRAINING)) {
      StepResult expected = exact.step(CROPS, Reference.step(0, 1e-3));
      StepResult found = graph.step(CROPS, Reference.step(0, 1e-3));
      assertThat(found.loss() / expected.loss()).isBetween(0.99f, 1.01f);
      assertThat(found.gradientNorm() / expected.gradientNorm()).isBetween(0.9f, 1.1f);
    }
  }

  @Test
  void fourPartsTakeAtMostTwoFifthsOfTheMemory() {
    SwavConfig recipe = Presets.load("cifar10-resnet18").withBatchSize(64);
    try (StepGraph whole =
            new StepGraph(recipe, Precision.FLOAT32, 1, Devices.cpu(), Mode.TRAINING);
        StepGraph divided =
            new StepGraph(
                recipe.withMicroBatches(4), Precision.FLOAT32, 1, Devices.cpu(), Mode.TRAINING)) {
      GraphMemory.Usage ofParts = divided.memory();
      long sums = ofParts.variables() - whole.memory().variables();
      assertThat(sums).as("a sum for each weight").isBetween(40L << 20, 60L << 20);
      assertThat(ofParts.peak() + sums).isLessThan(whole.memory().peak() * 2 / 5);
    }
  }

  @ParameterizedTest
  @CsvSource({"256,'1, 2, 4, 8, 16, 32, 64, 128'", "48,'1, 2, 4, 6, 8, 12, 16, 24'", "7,1", "2,1"})
  void partsAreWholeBatchShardsOrEqualPartsOfOne(int batch, String possible) {
    SwavConfig recipe = TinyRecipe.RECIPE.withBatchSize(batch);
    assertThat(recipe.possibleMicroBatches()).hasToString("[" + possible + "]");
    assertThatThrownBy(() -> recipe.withMicroBatches(5))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "recipe: microBatches must be one of [%s] for a batch of %d, not 5", possible, batch);
  }

  private static TrainingGraph graph(int parts, Mode batchNorm, Devices devices) {
    return new TrainingGraph(
        RECIPE.withMicroBatches(parts), Precision.FLOAT32, 1, devices, batchNorm);
  }

  private static double largestDifference(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < found.length; i++) {
      largest = Math.max(largest, Math.abs((double) found[i] - expected[i]));
    }
    return largest;
  }

  private static SwavConfig recipe() {
    SwavConfig tiny = TinyRecipe.RECIPE;
    return new SwavConfig(
        tiny.network(),
        tiny.crops(),
        tiny.augmentation(),
        tiny.loss(),
        new QueueConfig(64, 0),
        new OptimizerConfig(Algorithm.LARC, 0.1, 0, 0, 0, 0, Cosine.PER_STEP, 1e-6, 1, 0),
        tiny.evaluation(),
        64,
        1,
        1);
  }

  /**
   * Creates two batch shards.
   *
   * @param content the image at each position of the batch
   */
  private static List<List<TUint8>> crops(IntUnaryOperator content) {
    List<List<TUint8>> shards = new ArrayList<>();
    for (int shard = 0; shard < RECIPE.shardsPerStep(); shard++) {
      List<TUint8> crops = new ArrayList<>();
      for (CropSpec spec : RECIPE.crops()) {
        int pixels = spec.size() * spec.size() * 3;
        byte[] bytes = new byte[spec.count() * RECIPE.shardSize() * pixels];
        for (int view = 0; view < spec.count(); view++) {
          for (int i = 0; i < RECIPE.shardSize(); i++) {
            int image = content.applyAsInt(shard * RECIPE.shardSize() + i);
            byte[] crop = new byte[pixels];
            new Random(100L * image + view).nextBytes(crop);
            System.arraycopy(crop, 0, bytes, (view * RECIPE.shardSize() + i) * pixels, pixels);
          }
        }
        crops.add(
            Tensors.bytes(bytes, spec.count(), RECIPE.shardSize(), spec.size(), spec.size(), 3));
      }
      shards.add(crops);
    }
    return shards;
  }
}
