package io.swavbeam.app.training;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.training.AtomicFiles;
import io.swavbeam.model.training.ModelExport;
import io.swavbeam.model.training.RunDirectory;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.manifest.TrainingImages;
import io.swavbeam.pipelines.trainer.InProcessTrainer;
import io.swavbeam.pipelines.training.TrainSwav;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;

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
    TrainingSetup setup = TrainingSetup.of(options);
    InputFiles.Found files = InputFiles.find(options.getInput());
    try (RunDirectory directory = RunDirectory.open(Options.path(options.getOutput(), "output"))) {
      if (!options.getResume() && directory.isClaimed()) {
        throw new CommandFailedException(
            "%s already holds a run: choose another --output, or leave out --resume=false"
                .formatted(directory.path()));
      }
      train(options, setup, training, files, directory, console);
    }
  }

  private void train(
      TrainOptions options,
      TrainingSetup setup,
      Trainer.Options training,
      InputFiles.Found files,
      RunDirectory directory,
      Console console)
      throws Exception {
    TrainingImages found =
        TrainingImages.list(files, Options.limits(options), directory.archives());
    report(found, files.files().size(), directory, console);
    found.requireImages();
    RunConfig run =
        new RunConfig(
            setup.recipe(),
            setup.precision(),
            options.getSeed(),
            TrainingSetup.steps(options, setup.recipe(), found.images().size()),
            found.images().size(),
            Manifest.digest(found.images()),
            TrainingSetup.decoding(options),
            options.getMaxUnreadable());
    directory.claim(run);
    // The archives may have moved since an interrupted run, so the manifest is always fresh.
    Manifest.write(directory.manifest(), found.images());
    console.say(
        "training on %s (--device=%s) in %s (--precision=%s)",
        setup.devices(), options.getDevice(), setup.precision(), options.getPrecision());
    try (Trainer trainer =
            new Trainer(directory, run, setup.devices(), training, listener.apply(console));
        InProcessTrainer endpoint = new InProcessTrainer(trainer, directory.manifest())) {
      long done = trainer.progress().nextStep();
      if (done > 0) {
        console.say("resuming after step %,d of %,d", done, run.steps());
      }
      if (done < run.steps()) {
        Pipeline pipeline = Pipeline.create(options);
        // As many shards as workers: one that has nothing to do waits in the source, and does not
        // drive the DirectRunner's loop, which takes a whole core.
        pipeline.apply(
            "TrainSwav",
            new TrainSwav(run, endpoint)
                .withLimits(Options.limits(options))
                .withShards(options.as(DirectOptions.class).getTargetParallelism()));
        PipelineRun.run(pipeline, result -> {});
      }
      trainer.awaitCompletion();
    }
    ModelDescription model = ModelExport.export(directory.path());
    console.say(
        "trained %,d steps; model %s is in %s",
        run.steps(), model.id(), RunDirectory.savedModel(directory.path()));
  }

  private static void report(
      TrainingImages found, int files, RunDirectory directory, Console console) throws IOException {
    say(found, files, console);
    if (!found.deadLetters().isEmpty()) {
      Path file = Files.createDirectories(directory.deadLetters()).resolve("archives.jsonl");
      AtomicFiles.write(
          file,
          found.deadLetters().stream()
              .map(DeadLetter::toJson)
              .collect(Collectors.joining("\n", "", "\n")));
      console.say("see %s", file);
    }
  }

  /** Says what was found. */
  static void say(TrainingImages found, int files, Console console) {
    console.say("%,d images in %,d files", found.images().size(), files);
    if (found.sidecars().total() > 0) {
      console.say("%,d files beside them: %s", found.sidecars().total(), found.sidecars());
    }
    if (!found.deadLetters().isEmpty()) {
      DeadLetter first = found.deadLetters().get(0);
      console.say(
          "%,d files or entries cannot be used: %s: %s",
          found.deadLetters().size(), first.source(), first.error());
    }
  }
}
