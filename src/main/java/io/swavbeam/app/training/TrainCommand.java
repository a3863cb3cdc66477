package io.swavbeam.app.training;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.pipelines.run.TrainingRun;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.flink.FlinkPipelineOptions;

/**
 * The command {@code swav train}, which trains SwAV on an archive of images, or resumes a run: in
 * this process or with a trainer elsewhere.
 */
public final class TrainCommand extends Command<TrainOptions> {
  public TrainCommand() {
    super("train", "learn features from images, without labels", TrainOptions.class);
  }

  @Override
  protected void run(TrainOptions options, Console console) throws Exception {
    Options.require(options.getInput(), "input");
    TrainerSettings training = TrainingSetup.trainer(options);
    DecodingConfig decoding = TrainingSetup.decoding(options);
    if (!(options.getMaxUnreadable() >= 0 && options.getMaxUnreadable() <= 1)) {
      throw new UsageException(
          "--maxUnreadable must be from 0 to 1, not " + options.getMaxUnreadable());
    }
    if (options.getSteps() != null && options.getRecipeValues().has("epochs")) {
      throw new UsageException("give --steps or --epochs, not both");
    }
    if (options.getSteps() != null) {
      Options.atLeast(options.getSteps(), 1, "steps");
    }
    boolean isAuto = TrainingSetup.isAuto(options);
    if (isAuto) {
      TrainingSetup.requireValid(options);
    }
    TrainingRun run =
        options.getTrainer() == null
            ? here(options, isAuto)
                .withTrainerSettings(training)
                .withListener(new ProgressLine(console))
            : elsewhere(options, training, isAuto);
    run =
        run.withSeed(options.getSeed())
            .withAlpha(decoding.alpha())
            .withMaxUnreadable(options.getMaxUnreadable())
            .withMicroBatchesByMemory(TrainingSetup.hasMicroBatchesByMemory(options))
            .withLimits(Options.limits(options))
            .withImageColumn(options.getImageColumn())
            .withResume(options.getResume())
            .withSplits(splits(options));
    run =
        options.getPrecision().equals(Hardware.AUTO)
            ? run.withPrecisionOfDevices()
            : run.withPrecision(TrainingSetup.precision(options));
    if (options.getDecode() != null) {
      run = run.withDecode(decoding.decode());
    }
    if (options.getSteps() != null) {
      run = run.withSteps(options.getSteps());
    }
    if (options.getListings() != null) {
      Folder listings = Folder.of(options.getListings());
      run =
          FlinkSetup.isCluster(options)
              ? run.withListingsOfRunner(listings)
              : run.withListings(listings);
    }
    try {
      if (options.getPlan()) {
        TrainingConsole.plan(run, options, console);
      } else {
        TrainingConsole.run(run, options, console);
      }
    } catch (KnownException e) {
      if (e instanceof InvalidConfigException refused
          && refused.kind() == ErrorKind.INVALID_CONFIG
          && refused.getMessage().startsWith("recipe: ")) {
        throw TrainingSetup.refused(refused, options); // an error of the chosen recipe
      }
      if (run.trainer().isEmpty()) {
        throw e;
      }
      throw new CommandFailedException(Remedies.ofTrainer(e));
    }
  }

  private static TrainingRun here(TrainOptions options, boolean isAuto) throws UsageException {
    Options.require(options.getOutput(), "output");
    if (FlinkSetup.isCluster(options)) {
      throw new UsageException(
          "the workers of --flinkMaster are other processes: start `swav trainer --run=%s` and give --trainer=host:port instead of --output"
              .formatted(options.getOutput()));
    }
    FlinkSetup.prepareTraining(options);
    Path output = Options.path(options.getOutput(), "output");
    TrainingSetup setup = TrainingSetup.of(options);
    InitialModel init = TrainingSetup.init(options);
    TrainingRun run;
    if (isAuto) {
      run = TrainingRun.ofAuto(TrainingSetup.changes(options), options.getInput(), output);
    } else {
      SwavConfig recipe = TrainingSetup.recipe(options, options.getPreset());
      init.plan(recipe.network()); // fails before anything is listed
      run = TrainingRun.of(recipe, options.getInput(), output);
    }
    return run.withDevices(setup.devices()).withInit(init);
  }

  private static TrainingRun elsewhere(
      TrainOptions options, TrainerSettings training, boolean isAuto) throws UsageException {
    if (options.getOutput() != null) {
      throw new UsageException(
          "with --trainer, the run directory is the trainer's: leave out --output");
    }
    if (options.getInit() != null || options.getFreezeBackbone() > 0) {
      throw new UsageException(
          "with --trainer, the network is the trainer's: give --init and --freezeBackbone to `swav"
              + " trainer`");
    }
    if (!options.getDevice().equals(Hardware.AUTO) || !training.equals(TrainerSettings.DEFAULT)) {
      throw new UsageException(
          "with --trainer, --device, --window, --checkpointEvery, --keepCheckpoints and --keepEvery"
              + " are the trainer's: give them to `swav trainer`");
    }
    if (!options.getResume()) {
      throw new UsageException(
          "with --trainer, the run directory is the trainer's: instead of --resume=false, start"
              + " `swav trainer` with another --run");
    }
    Options.atLeast(options.getTrainerPatience(), 1, "trainerPatience");
    FlinkSetup.prepareTraining(options);
    FlinkSetup.name(options, "with the trainer " + options.getTrainer());
    TrainerAddress trainer = address(options);
    return isAuto
        ? TrainingRun.ofAuto(TrainingSetup.changes(options), options.getInput(), trainer)
        : TrainingRun.of(
            TrainingSetup.recipe(options, options.getPreset()), options.getInput(), trainer);
  }

  private static TrainerAddress address(TrainOptions options) throws UsageException {
    TrainerSecurity security = TrainingSetup.security(options);
    try {
      return new TrainerAddress(
          options.getTrainer(), security, Duration.ofSeconds(options.getTrainerPatience()));
    } catch (InvalidConfigException e) {
      throw new UsageException("--trainer: " + e.getMessage());
    }
  }

  /**
   * Returns the number of workers. An idle worker waits in the source, so that it does not keep the
   * loop of the DirectRunner busy, which takes a whole core.
   */
  private static int splits(TrainOptions options) {
    return FlinkSetup.isFlink(options)
        ? Math.max(1, options.as(FlinkPipelineOptions.class).getParallelism())
        : options.as(DirectOptions.class).getTargetParallelism();
  }
}
