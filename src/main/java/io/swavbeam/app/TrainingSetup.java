package io.swavbeam.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.backbone.BackboneProvider;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;

/** What is trained, and on what. */
record TrainingSetup(SwavConfig recipe, Precision precision, Devices devices) {

  /**
   * Reads the options.
   *
   * @throws UsageException where they make no recipe
   */
  static TrainingSetup of(NetworkOptions options) throws UsageException {
    SwavConfig recipe = recipe(options);
    try {
      Devices devices = Hardware.devices(options.getDevice());
      return new TrainingSetup(
          recipe, Hardware.precision(options.getPrecision(), devices), devices);
    } catch (InvalidConfigException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /**
   * The preset with the values that the options change.
   *
   * @throws UsageException where they make no recipe
   */
  static SwavConfig recipe(NetworkOptions options) throws UsageException {
    ObjectNode given = (ObjectNode) new ObjectMapper().valueToTree(options).path("options");
    try {
      if (options.getCrops() != null) {
        ArrayNode crops = given.putArray("crops");
        for (String crop : options.getCrops()) {
          crops.addPOJO(CropSpec.parse(crop));
        }
      }
      SwavConfig recipe = RecipeOverrides.apply(Presets.load(options.getPreset()), given);
      BackboneProvider.named(recipe.network().backbone()); // complains of an unknown one
      return recipe;
    } catch (InvalidConfigException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Steps of the whole run: {@code --steps}, or those of the recipe's epochs. */
  static long steps(TrainOptions options, SwavConfig recipe, long images) {
    return options.getSteps() == null
        ? recipe.epochs() * recipe.stepsPerEpoch(images)
        : options.getSteps();
  }
}
