package io.swavbeam.app.training;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.TrainingRun;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.runners.direct.DirectOptions;

/** Trains SwAV on an archive of images, or resumes: in this process or with a trainer elsewhere. */
public final class TrainCommand implements Command {
  @Override
  public String name() {
    return "train";
  }

  @Override
  public String summary() {
    return "learn features from images, without labels";
  }

  @Override
  public Class<TrainOptions> options() {
    return TrainOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    TrainOptions options = Options.parse(arguments, TrainOptions.class);
    Options.require(options.getInput(), "input");
    Trainer.Options training = TrainingSetup.trainer(options);
    TrainingSetup.decoding(options);
    if (!(options.getMaxUnreadable() >= 0 && options.getMaxUnreadable() <= 1)) {
      throw new UsageException(
          "--maxUnreadable must be from 0 to 1, not " + options.getMaxUnreadable());
    }
    if (options.getSteps() != null && options.getEpochs() != null) {
      throw new UsageException("give --steps or --epochs, not both");
    }
    if (options.getSteps() != null) {
      Options.atLeast(options.getSteps(), 1, "steps");
    }
    if (options.getTrainer() != null) {
      new RemoteTraining(options, console).run();
      return;
    }
    Options.require(options.getOutput(), "output");
    if (FlinkSetup.isCluster(options)) {
      throw new UsageException(
          "the workers of --flinkMaster are other processes: start `swav trainer --run=%s` and give --trainer=host:port instead of --output"
              .formatted(options.getOutput()));
    }
    FlinkSetup.prepareTraining(options);
    Path output = Options.path(options.getOutput(), "output");
    TrainingSetup setup = TrainingSetup.of(options, output);
    InitialModel init = TrainingSetup.init(options);
    TrainingRun run =
        TrainingRun.of(recipe(options, setup, init, output, console), options.getInput(), output)
            .withPrecision(setup.precision())
            .withDevices(setup.devices())
            .withSeed(options.getSeed())
            .withDecoding(TrainingSetup.decoding(options, output))
            .withMaxUnreadable(options.getMaxUnreadable())
            .withInit(init)
            .withLimits(Options.limits(options))
            .withImageColumn(options.getImageColumn())
            .withResume(options.getResume())
            // As many as workers: one that has nothing to do waits in the source, and does not
            // drive the DirectRunner's loop, which takes a whole core.
            .withSplits(options.as(DirectOptions.class).getTargetParallelism())
            .withTrainerOptions(training)
            .withListener(new ProgressLine(console));
    if (options.getSteps() != null) {
      run = run.withSteps(options.getSteps());
    }
    if (options.getListings() != null) {
      run = run.withListings(Folder.of(options.getListings()));
    }
    TrainingConsole.run(run, options, console);
  }

  private static TrainingRun.Recipe recipe(
      TrainOptions options, TrainingSetup setup, InitialModel init, Path output, Console console)
      throws UsageException {
    if (TrainingSetup.isAuto(options)) {
      TrainingSetup.requireValid(options);
      return new RecipeChoice(options, setup, output, console);
    }
    SwavConfig recipe = TrainingSetup.recipe(options, options.getPreset());
    init.plan(recipe.network()); // complains before anything is listed
    return found -> setup.divided(recipe, options, output, options.getWindow());
  }
}
