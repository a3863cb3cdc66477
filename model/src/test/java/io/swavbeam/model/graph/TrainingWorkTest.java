package io.swavbeam.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.layers.Mode;
import io.swavbeam.model.tensorflow.Devices;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Compares the number of operations with that of ResNet-50 in the literature. */
@Tag("slow")
class TrainingWorkTest {
  private static final SwavConfig RECIPE = Presets.load("imagenet").withoutQueue().withBatchSize(4);

  /**
   * torchvision's documentation says 4.09e9 multiplications for 224 pixels, which are 4.09e9 * (96
   * / 224)^2 for 96. Gradients triple them, and each multiplication counts as two operations.
   */
  @Test
  void isThatOfTheNetworkOnAllCrops() {
    double expected = 4 * 3 * 2 * 4.09e9 * (2 + 6 * (96 * 96) / (224.0 * 224));
    assertThat(operations(RECIPE)).isCloseTo(expected, Percentage.withPercentage(6));
  }

  /** The views for the codes are scored again, without gradients. */
  @Test
  void partsScoreTheirViewsOnceMore() {
    double more = 4 * 2 * 4.09e9 * 2;
    assertThat(operations(RECIPE.withMicroBatches(2)) - operations(RECIPE))
        .isCloseTo(more, within(0.06 * more));
  }

  private static double operations(SwavConfig recipe) {
    try (StepGraph graph =
        new StepGraph(recipe, Precision.FLOAT32, 1, Devices.cpu(), Mode.TRAINING)) {
      return graph.memory().operations();
    }
  }
}
