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
  /** A message about one value of a recipe, by its name. */
  private static final Pattern ABOUT_A_VALUE =
      Pattern.compile("(?:recipe: )?(?:key '|\\w+\\.)?(\\w+)'? (.*)");

  private static final String MICRO_BATCHES = "microBatches";

  /**
   * Reads the options.
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

  /** The precision that the options name, whatever computes. */
  static Precision precision(NetworkOptions options) throws UsageException {
    try {
      return Hardware.precision(options.getPrecision());
    } catch (InvalidConfigException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Whether the recipe is to be chosen by the images. */
  static boolean isAuto(NetworkOptions options) {
    return options.getPreset().equals(Hardware.AUTO);
  }

  /**
   * The preset with the values that the options change.
   *
   * @param otherwise the preset where the options leave the choice to the images, which nobody has
   *     looked at
   * @throws UsageException if they make no recipe
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
   * Checks the values that the options give for a recipe that is chosen later.
   *
   * @throws UsageException if they fit into none
   */
  static void requireValid(NetworkOptions options) throws UsageException {
    try {
      // Whether a queue fits depends on the batch: every one that is chosen is even.
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
      BackboneProvider.named(preset.network().backbone()); // complains of an unknown one
      return preset;
    } catch (InvalidConfigException e) {
      String message = e.getMessage();
      throw new UsageException(
          message.contains(name)
              ? "--preset: " + message
              : "--preset=%s: %s".formatted(name, message));
    }
  }

  /** Names the option whose value makes no recipe, as far as the message tells. */
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
    BackboneProvider.named(changed.network().backbone()); // complains of an unknown one
    return changed;
  }

  /** The values that the options put in place of those of a recipe, by their names. */
  static ObjectNode changes(NetworkOptions options) {
    ObjectNode changes = options.getRecipeValues().deepCopy();
    if (hasMicroBatchesByMemory(options)) {
      changes.remove(MICRO_BATCHES);
    }
    return changes;
  }

  /** Whether {@code --microBatches=auto} was given. */
  public static boolean hasMicroBatchesByMemory(NetworkOptions options) {
    return Hardware.AUTO.equals(options.getRecipeValues().path(MICRO_BATCHES).textValue());
  }

  /**
   * How pictures become pixels: transparent ones on white and JPEGs reduced, unless the options say
   * otherwise.
   */
  static DecodingConfig decoding(TrainOptions options) throws UsageException {
    return Options.decoding(options, DecodingConfig.DEFAULT);
  }

  /** How the trainer works. */
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
