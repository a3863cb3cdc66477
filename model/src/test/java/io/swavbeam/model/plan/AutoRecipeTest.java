package io.swavbeam.model.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoRecipeTest {
  private static final int UNLIMITED = Integer.MAX_VALUE;

  @Test
  void smallImagesAreTrainedAsCifarIs() {
    SwavConfig recipe = choose(50_000, 32, false, UNLIMITED).recipe();
    SwavConfig preset = Presets.load("cifar10");
    assertThat(recipe.network()).isEqualTo(preset.network());
    assertThat(recipe.crops()).isEqualTo(preset.crops());
    assertThat(recipe.optimizer()).isEqualTo(preset.optimizer());
    assertThat(recipe.batchSize()).isEqualTo(preset.batchSize());
    assertThat(recipe.epochs()).isEqualTo(preset.epochs());
  }

  @Test
  void photographsNeedAGpuForTheBigNetwork() {
    SwavConfig small = choose(490, 375, false, UNLIMITED).recipe();
    assertThat(small.network()).isEqualTo(Presets.load("photos").network());
    assertThat(small.epochs()).isEqualTo(183);
    AutoRecipe large = choose(1_281_167, 375, true, UNLIMITED);
    assertThat(large.recipe()).isEqualTo(large(large, 256));
    assertThat(large.reasons()).hasSize(3);
    assertThat(large.reasons().get(0)).contains("imagenet", "375 pixels", "GPU");
  }

  /**
   * Returns a recipe with the batch size, learning rates and queue of the preset. Prototypes are
   * frozen for an epoch of images.
   */
  private static SwavConfig large(AutoRecipe choice, int batch) {
    SwavConfig preset = Presets.load("imagenet");
    OptimizerConfig optimizer = preset.optimizer();
    double factor = batch / 256.0;
    return preset.with(
        Map.of(
            "batchSize",
            batch,
            "learningRate",
            factor * optimizer.learningRate(),
            "startLearningRate",
            factor * optimizer.startLearningRate(),
            "finalLearningRate",
            factor * optimizer.finalLearningRate(),
            "freezePrototypesSteps",
            choice.recipe().stepsPerEpoch(1_281_167)));
  }

  @Test
  void aBatchFitsTheMemoryAndRatesFollowIt() {
    AutoRecipe choice = choose(1_281_167, 375, true, 70);
    assertThat(choice.recipe()).isEqualTo(large(choice, 64));
    assertThat(choice.recipe().optimizer().learningRate()).isEqualTo(0.15);
    assertThat(choice.reasons().get(1)).contains("64 images per step");
  }

  @Test
  void fewImagesMakeSmallBatchesAndNoQueueBeyondThem() {
    SwavConfig recipe = choose(40, 375, true, UNLIMITED).recipe();
    assertThat(recipe.batchSize()).isEqualTo(32);
    assertThat(recipe.queue().queueLength() % 32).isZero();
    assertThat(recipe.optimizer().freezePrototypesSteps()).isEqualTo(1);
    assertThat(choose(1, 375, false, UNLIMITED).recipe().batchSize()).isEqualTo(2);
  }

  @Test
  void greyImagesHaveNoColoursToLose() {
    RunImages grey = images(1_000, 28, true);
    AutoRecipe choice = AutoRecipe.of(grey, false, recipe -> UNLIMITED);
    assertThat(choice.recipe().augmentation().grey()).isZero();
    assertThat(choice.reasons().get(0)).contains("without colours");
  }

  @ParameterizedTest
  @CsvSource({"1, 60", "490, 60", "50000, 300", "1281167, 3000", "1000000000, 3000"})
  void prototypesFollowTheNumberOfImages(long images, int prototypes) {
    assertThat(AutoRecipe.prototypes(images)).isEqualTo(prototypes);
  }

  private static AutoRecipe choose(long images, int side, boolean gpu, int batchLimit) {
    return AutoRecipe.of(images(images, side, false), gpu, recipe -> batchLimit);
  }

  private static RunImages images(long images, int side, boolean grey) {
    return new RunImages(images, "", "", new RunImages.Sample(64, side, grey));
  }
}
