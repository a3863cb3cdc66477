package io.swavbeam.app.training;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.Signals;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.TrainingImages;
import io.swavbeam.pipelines.training.TrainingRun;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.apache.beam.runners.direct.DirectOptions;

/** Trains SwAV on an archive of images, or resumes: in this process or with a trainer elsewhere. */
public final class TrainCommand implements Command {
  private final Function<Console, TrainingListener> listener;

  public TrainCommand() {
    this(ProgressLine::new);
  }

  /**
   * @param listener of the steps, for a console
   */
  public TrainCommand(Function<Console, TrainingListener> listener) {
    this.listener = listener;
  }

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
    CheckpointAtStop stop = new CheckpointAtStop();
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
            .withListener(listener.apply(console))
            .withObserver(new Sayer(output, options, setup, init, stop, console));
    if (options.getSteps() != null) {
      run = run.withSteps(options.getSteps());
    }
    if (options.getListings() != null) {
      run = run.withListings(Folder.of(options.getListings()));
    }
    ModelDescription model = train(run, stop, options, console);
    console.say(
        "trained %,d steps; model %s is in %s",
        RunDirectory.readConfig(output).steps(), model.id(), RunDirectory.savedModel(output));
  }

  @SuppressWarnings("try") // the registration is held, not used
  private static ModelDescription train(
      TrainingRun run, CheckpointAtStop stop, TrainOptions options, Console console)
      throws Exception {
    try (Signals.Registration registration = Signals.add(stop)) {
      return run.run(options, pipeline -> PipelineRun.run(pipeline, console, result -> {}));
    }
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

  /** Says what the run does before its first step. */
  private record Sayer(
      Path output,
      TrainOptions options,
      TrainingSetup setup,
      InitialModel init,
      CheckpointAtStop stop,
      Console console)
      implements TrainingRun.Observer {
    @Override
    public void onCopy(String source, long bytes, Path folder) {
      console.say(
          "%s can only be read from its beginning: its images are copied into %s, %,d MB or more",
          source, folder, Math.max(1, bytes / 1_000_000));
    }

    @Override
    public void onListed(TrainingImages images) {
      say(images, console);
      if (images.deadLetters() > 0) {
        console.say("see %s", RunDirectory.unlisted(output));
      }
    }

    @Override
    public void onRenamed(String earlier, String now) {
      console.say("%s was called %s when this run began, and holds the same", now, earlier);
    }

    @Override
    public void onBegin(RunConfig run, Devices devices) {
      if (init.model() != null) {
        console.say("%s", init.plan(run.recipe().network()));
      }
      console.say(
          "training on %s (--device=%s) in %s (--precision=%s)",
          devices, options.getDevice(), setup.precision(), options.getPrecision());
      console.say("%s", Hardware.describe(devices));
    }

    @Override
    public void onTrainer(Trainer trainer) {
      stop.of(trainer);
    }

    @Override
    public void onResume(long step, long steps) {
      console.say("resuming after step %,d of %,d", step, steps);
    }
  }

  /** Says what was found. */
  static void say(TrainingImages found, Console console) {
    console.say("%,d images in %,d files", found.images(), found.files());
    if (found.sidecars().total() > 0) {
      console.say("%,d files beside them: %s", found.sidecars().total(), found.sidecars());
    }
    DeadLetter first = found.firstDeadLetter();
    if (first != null) {
      console.say(
          "%,d files or entries cannot be used: %s: %s",
          found.deadLetters(), first.source(), first.error());
    }
  }
}
