package io.swavbeam.app.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeValue;
import io.swavbeam.model.config.SwavConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeOptionsTest {
  /** Each option belongs to one value, so the names of values are unique. */
  @Test
  void everyValueOfARecipeIsAnOption() {
    assertThat(RecipeValue.ALL).extracting(RecipeValue::name).doesNotHaveDuplicates().hasSize(34);
    assertThat(Options.descriptions(TrainOptions.class))
        .containsKeys(RecipeValue.ALL.stream().map(RecipeValue::name).toArray(String[]::new))
        .containsEntry("batchSize", "Images a step.")
        .containsEntry("seed", "Seed of the weights, the order of the images and the crops. [1]")
        .doesNotContainKey("recipeValues");
  }

  @Test
  void optionsReplaceThePresetsValues() throws Exception {
    SwavConfig recipe =
        recipe(
            "--preset=imagenet",
            "--backbone=resnet18",
            "--width=16",
            "--mean=0.1,0.2,0.3",
            "--crops=2x64:0.2-1,3x32:.05-0.2",
            "--cropsForAssign=0",
            "--epsilon=0.03",
            "--queueLength=512",
            "--algorithm=adamw",
            "--learningRate=1e-4",
            "--imageSize=64",
            "--batchSize=128");
    assertThat(recipe.network().backbone()).isEqualTo("resnet18");
    assertThat(recipe.network().width()).isEqualTo(16);
    assertThat(recipe.network().mean()).containsExactly(0.1f, 0.2f, 0.3f);
    assertThat(recipe.crops())
        .containsExactly(new CropSpec(2, 64, 0.2, 1), new CropSpec(3, 32, 0.05, 0.2));
    assertThat(recipe.loss().cropsForAssign()).containsExactly(0);
    assertThat(recipe.loss().epsilon()).isEqualTo(0.03);
    assertThat(recipe.queue().queueLength()).isEqualTo(512);
    assertThat(recipe.optimizer().algorithm()).isEqualTo(Algorithm.ADAMW);
    assertThat(recipe.optimizer().learningRate()).isEqualTo(1e-4);
    assertThat(recipe.evaluation().imageSize()).isEqualTo(64);
    assertThat(recipe.batchSize()).isEqualTo(128);
    // Values that are not given are kept.
    SwavConfig preset = Presets.load("imagenet");
    assertThat(recipe.augmentation()).isEqualTo(preset.augmentation());
    assertThat(recipe.optimizer().freezePrototypesSteps()).isEqualTo(5005);
    assertThat(recipe("--preset=imagenet")).isEqualTo(preset);
  }

  private static SwavConfig recipe(String... arguments) throws UsageException {
    return TrainingSetup.recipe(Options.parse(List.of(arguments), TrainOptions.class), "cifar10");
  }
}
