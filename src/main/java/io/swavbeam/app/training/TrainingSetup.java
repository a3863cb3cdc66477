package io.swavbeam.app.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.backbone.BackboneProvider;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.pipelines.trainer.protocol.TrainerSecurity;

/** What is trained, and on what. */
public record TrainingSetup(SwavConfig recipe, Precision precision, Devices devices) {

  /**
   * Reads the options.
   *
   * @throws UsageException if they make no recipe
   */
  public static TrainingSetup of(NetworkOptions options) throws UsageException {
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
   * @throws UsageException if they make no recipe
   */
  public static SwavConfig recipe(NetworkOptions options) throws UsageException {
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
    return options.getSteps() == null ? recipe.steps(images) : options.getSteps();
  }

  /** How pictures become pixels: transparent ones on white, unless the options say otherwise. */
  static DecodingConfig decoding(TrainOptions options) throws UsageException {
    return Options.decoding(options, DecodingConfig.of(Alpha.WHITE));
  }

  /** How the trainer works. */
  static Trainer.Options trainer(CheckpointOptions options) throws UsageException {
    Options.atLeast(options.getWindow(), 2, "window");
    Options.atLeast(options.getCheckpointEvery(), 1, "checkpointEvery");
    Options.atLeast(options.getKeepCheckpoints(), 1, "keepCheckpoints");
    return new Trainer.Options(
        options.getWindow(),
        options.getCheckpointEvery(),
        options.getKeepCheckpoints(),
        options.getKeepEvery(),
        ProgressLine.LOG_EVERY);
  }

  /**
   * What a new run begins with.
   *
   * @throws UsageException if a backbone is to be frozen that knows nothing
   */
  static InitialModel init(InitOptions options) throws UsageException {
    Options.atLeast(options.getFreezeBackbone(), 0, "freezeBackbone");
    if (options.getInit() == null) {
      if (options.getFreezeBackbone() > 0) {
        throw new UsageException("--freezeBackbone wants --init: a model whose backbone is kept");
      }
      return InitialModel.NONE;
    }
    return new InitialModel(Options.path(options.getInit(), "init"), options.getFreezeBackbone());
  }

  /** How trainer and workers know each other. */
  static TrainerSecurity security(TrainerSecurityOptions options) {
    return new TrainerSecurity(
        options.getTokenFile(),
        options.getTlsAuthority(),
        options.getTlsCertificate(),
        options.getTlsKey());
  }
}
