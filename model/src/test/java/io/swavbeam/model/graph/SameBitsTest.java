package io.swavbeam.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Devices;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.types.TUint8;

/**
 * Steps of the presets with crops of their real sizes, because TensorFlow chooses its algorithms by
 * the sizes of tensors.
 */
@Tag("slow")
class SameBitsTest {
  private static final int BATCH = 4;
  private static final int STEPS = 2;

  static Stream<Arguments> presets() {
    return Presets.NAMES.stream()
        .filter(preset -> !preset.equals("imagenet-large-batch")) // the same graph as imagenet
        .flatMap(
            preset ->
                Stream.of(Precision.FLOAT32, Precision.BFLOAT16)
                    .map(precision -> Arguments.of(preset, precision)));
  }

  @ParameterizedTest
  @MethodSource("presets")
  void twoRunsEndWithTheSameBits(String preset, Precision precision) {
    SwavConfig recipe = Presets.load(preset).withoutQueue().withBatchSize(BATCH);
    List<List<TUint8>> crops = Reference.noise(recipe);
    Map<String, float[]> first = trained(recipe, precision, crops);
    Map<String, float[]> second = trained(recipe, precision, crops);
    assertThat(second.keySet()).isEqualTo(first.keySet()).isNotEmpty();
    second.forEach(
        (name, values) -> assertThat(Arrays.equals(values, first.get(name))).as(name).isTrue());
    crops.forEach(shard -> shard.forEach(TUint8::close));
  }

  private static Map<String, float[]> trained(
      SwavConfig recipe, Precision precision, List<List<TUint8>> crops) {
    try (TrainingGraph graph = new TrainingGraph(recipe, precision, 1, Devices.cpu())) {
      for (int step = 0; step < STEPS; step++) {
        graph.step(crops, Reference.step(step, 1e-3));
      }
      return Reference.values(graph);
    }
  }
}
