package io.swavbeam.app.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.backbone.BackboneProvider;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeValue;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The precision and the devices of a network. */
public record TrainingSetup(Precision precision, Devices devices) {
  /** A message that begins with the name of a value of a recipe. */
  private static final Pattern ABOUT_A_VALUE =
      Pattern.compile("(?:recipe: )?(?:key '|\\w+\\.)?(\\w+)'? (.*)");

  private static final String MICRO_BATCHES = "microBatches";

  /**
   * Parses the options.
   *
   * @throws UsageException if there is no such hardware
   */
  public static TrainingSetup of(NetworkOptions options) throws UsageException {
    try {
      Devices devices = Hardware.devices(options.getDevice());
      return new TrainingSetup(Hardware.precision(options.getPrecision(), devices), devices);
    } catch (InvalidConfigException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Returns the precision in the options, on any device. */
  static Precision precision(NetworkOptions options) throws UsageException {
    try {
      return Hardware.precision(options.getPrecision());
    } catch (InvalidConfigException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Returns whether the recipe is chosen by the images. */
  static boolean isAuto(NetworkOptions options) {
    return options.getPreset().equals(Hardware.AUTO);
  }

  /**
   * Returns the preset with the changes in the options.
   *
   * @param otherwise the preset to use if it would be chosen by the images
   * @throws UsageException if the recipe is not valid
   */
  public static SwavConfig recipe(NetworkOptions options, String otherwise) throws UsageException {
    SwavConfig preset = preset(isAuto(options) ? otherwise : options.getPreset());
    try {
      return overridden(preset, changes(options));
    } catch (InvalidConfigException e) {
      throw refused(e, options);
    }
  }

  /**
   * Checks the changes in the options for a recipe that is chosen later.
   *
   * @throws UsageException if they fit no recipe
   */
  static void requireValid(NetworkOptions options) throws UsageException {
    try {
      // A queue must fit the batch size. Every chosen batch size is even.
      ObjectNode changes = changes(options);
      JsonNode parts = changes.path(MICRO_BATCHES);
      if (!parts.isMissingNode() && !parts.asText().matches("[1-9]\\d{0,8}")) {
        throw new UsageException(
            "--microBatches=%s: take a number or auto".formatted(parts.asText()));
      }
      if (!changes.has("batchSize")) {
        changes.remove(MICRO_BATCHES);
      }
      overridden(Presets.load("photos").withBatchSize(2), changes);
    } catch (InvalidConfigException e) {
      throw refused(e, options);
    }
  }

  private static SwavConfig preset(String name) throws UsageException {
    try {
      SwavConfig preset = Presets.load(name);
      BackboneProvider.named(preset.network().backbone()); // fails if it is unknown
      return preset;
    } catch (InvalidConfigException e) {
      String message = e.getMessage();
      throw new UsageException(
          message.contains(name)
              ? "--preset: " + message
              : "--preset=%s: %s".formatted(name, message));
    }
  }

  /**
   * Returns an error with the option that makes the recipe invalid, if the message has its name.
   */
  static UsageException refused(InvalidConfigException e, NetworkOptions options) {
    String message = e.getMessage().replaceFirst("^(recipe: .*) \\(line \\d+\\)$", "$1");
    ObjectNode given = options.getRecipeValues();
    Matcher about = ABOUT_A_VALUE.matcher(message);
    if (about.matches() && given.has(about.group(1))) {
      return new UsageException("--%s %s".formatted(about.group(1), about.group(2)));
    }
    String said = message.replaceFirst("^recipe: ", "");
    List<String> changed =
        RecipeValue.ALL.stream().map(RecipeValue::name).filter(given::has).toList();
    return new UsageException(
        changed.stream()
            .filter(name -> Pattern.compile("\\b%s\\b".formatted(name)).matcher(said).find())
            .findFirst()
            .map(name -> "--%s: %s".formatted(name, said))
            .orElseGet(
                () ->
                    changed.isEmpty()
                        ? message
                        : "--%s: %s".formatted(String.join(", --", changed), said)));
  }

  private static SwavConfig overridden(SwavConfig recipe, ObjectNode changes) {
    SwavConfig changed = recipe.with(changes);
    BackboneProvider.named(changed.network().backbone()); // fails if it is unknown
    return changed;
  }

  /** Returns the values of the recipe in the options, by name. */
  static ObjectNode changes(NetworkOptions options) {
    ObjectNode changes = options.getRecipeValues().deepCopy();
    if (hasMicroBatchesByMemory(options)) {
      changes.remove(MICRO_BATCHES);
    }
    return changes;
  }

  /** Returns whether {@code --microBatches=auto} was given. */
  public static boolean hasMicroBatchesByMemory(NetworkOptions options) {
    return Hardware.AUTO.equals(options.getRecipeValues().path(MICRO_BATCHES).textValue());
  }

  /**
   * Returns the decoding. By default, transparent pixels are blended with white, and JPEGs are
   * reduced.
   */
  static DecodingConfig decoding(TrainOptions options) throws UsageException {
    return Options.decoding(options, DecodingConfig.DEFAULT);
  }

  /** Returns the settings of the trainer. */
  public static TrainerSettings trainer(CheckpointOptions options) throws UsageException {
    Options.atLeast(options.getWindow(), 2, "window");
    Options.atLeast(options.getCheckpointEvery(), 1, "checkpointEvery");
    Options.atLeast(options.getKeepCheckpoints(), 1, "keepCheckpoints");
    Options.atLeast(options.getKeepEvery(), 0, "keepEvery");
    return new TrainerSettings(
        options.getWindow(),
        options.getCheckpointEvery(),
        options.getKeepCheckpoints(),
        options.getKeepEvery(),
        ProgressLine.LOG_EVERY);
  }

  /**
   * Returns the initial model of a new run.
   *
   * @throws UsageException if a randomly initialised backbone would be frozen
   */
  static InitialModel init(InitOptions options) throws UsageException {
    Options.atLeast(options.getFreezeBackbone(), 0, "freezeBackbone");
    if (options.getInit() == null) {
      if (options.getFreezeBackbone() > 0) {
        throw new UsageException(
            "--freezeBackbone needs --init with the model whose backbone is kept");
      }
      return InitialModel.NONE;
    }
    return new InitialModel(Options.path(options.getInit(), "init"), options.getFreezeBackbone());
  }

  /** Returns the settings of the authentication. */
  static TrainerSecurity security(TrainerSecurityOptions options) {
    return new TrainerSecurity(
        options.getTokenFile(),
        options.getTlsAuthority(),
        options.getTlsCertificate(),
        options.getTlsKey());
  }
}
