package io.swavbeam.app;

import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.training.AtomicFiles;
import io.swavbeam.model.training.ModelExport;
import io.swavbeam.model.training.RunDirectory;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.model.training.TrainingListener.StepReport;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.InputFiles;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.manifest.TrainingImages;
import io.swavbeam.pipelines.trainer.InProcessTrainer;
import io.swavbeam.pipelines.training.TrainSwav;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;

/** Trains SwAV on an archive of images, or resumes. */
final class TrainCommand implements Command {
  private static final int LOG_EVERY = 10;

  private final Function<Console, TrainingListener> listener;

  TrainCommand() {
    this(ProgressLine::new);
  }

  /**
   * @param listener of the steps, for a console
   */
  TrainCommand(Function<Console, TrainingListener> listener) {
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
    Options.require(options.getOutput(), "output");
    Options.atLeast(options.getWindow(), 2, "window");
    Options.atLeast(options.getCheckpointEvery(), 1, "checkpointEvery");
    Options.atLeast(options.getKeepCheckpoints(), 1, "keepCheckpoints");
    if (options.getSteps() != null && options.getEpochs() != null) {
      throw new UsageException("give --steps or --epochs, not both");
    }
    if (options.getSteps() != null) {
      Options.atLeast(options.getSteps(), 1, "steps");
    }
    TrainingSetup setup = TrainingSetup.of(options);
    List<InputFile> files = InputFiles.find(options.getInput());
    try (RunDirectory directory = RunDirectory.open(Path.of(options.getOutput()))) {
      if (!options.getResume() && directory.isClaimed()) {
        throw new CommandFailedException(
            "%s already holds a run: choose another --output, or leave out --resume=false"
                .formatted(directory.path()));
      }
      train(options, setup, files, directory, console);
    }
  }

  private void train(
      TrainOptions options,
      TrainingSetup setup,
      List<InputFile> files,
      RunDirectory directory,
      Console console)
      throws Exception {
    TrainingImages found = TrainingImages.list(files, directory);
    report(found, files, directory, console);
    long images = found.images().size();
    long stepsPerEpoch = Math.max(1, images / setup.recipe().batchSize());
    long steps =
        options.getSteps() == null ? setup.recipe().epochs() * stepsPerEpoch : options.getSteps();
    RunConfig run =
        new RunConfig(
            setup.recipe(),
            setup.precision(),
            options.getSeed(),
            steps,
            images,
            Manifest.digest(found.images()));
    directory.claim(run);
    // The archives may have moved since an interrupted run, so the manifest is always fresh.
    Manifest.write(directory.manifest(), found.images());

    Trainer.Options training =
        new Trainer.Options(
            options.getWindow(),
            options.getCheckpointEvery(),
            options.getKeepCheckpoints(),
            options.getKeepEvery(),
            LOG_EVERY);
    console.say(
        "training on %s (--device=%s) in %s (--precision=%s)",
        setup.devices(), options.getDevice(), setup.precision(), options.getPrecision());
    try (Trainer trainer =
            new Trainer(directory, run, setup.devices(), training, listener.apply(console));
        InProcessTrainer endpoint = new InProcessTrainer(trainer, directory.manifest())) {
      long done = trainer.progress().nextStep();
      if (done > 0) {
        console.say("resuming after step %,d of %,d", done, steps);
      }
      if (done < steps) {
        Pipeline pipeline = Pipeline.create(options);
        // As many shards as workers: one that has nothing to do waits in the source, and does not
        // drive the DirectRunner's loop, which takes a whole core.
        pipeline.apply(
            "TrainSwav",
            new TrainSwav(run, endpoint)
                .withShards(options.as(DirectOptions.class).getTargetParallelism()));
        PipelineRun.run(pipeline, result -> {});
      }
      trainer.awaitCompletion();
    }
    ModelDescription model = ModelExport.export(directory.path());
    console.say(
        "trained %,d steps; model %s is in %s",
        steps, model.id(), RunDirectory.savedModel(directory.path()));
  }

  private static void report(
      TrainingImages found, List<InputFile> files, RunDirectory directory, Console console)
      throws IOException {
    console.say("%,d images in %,d files", found.images().size(), files.size());
    if (!found.ignored().isEmpty()) {
      console.say(
          "ignored %,d files that are no images, %s for example",
          found.ignored().size(), found.ignored().get(0));
    }
    if (!found.deadLetters().isEmpty()) {
      Path file = Files.createDirectories(directory.deadLetters()).resolve("archives.jsonl");
      AtomicFiles.write(
          file,
          found.deadLetters().stream()
              .map(DeadLetter::toJson)
              .collect(Collectors.joining("\n", "", "\n")));
      DeadLetter first = found.deadLetters().get(0);
      console.say(
          "%,d archives are damaged, see %s: %s: %s",
          found.deadLetters().size(), file, first.source(), first.error());
    }
  }

  private record ProgressLine(Console console) implements TrainingListener {
    @Override
    public void onStep(StepReport report) {
      long done = report.step() + 1;
      if (done % LOG_EVERY != 0 && done != report.steps()) {
        return;
      }
      console.say(
          "step %d/%d  epoch %.2f  loss %.4f  learning rate %.2e  %.0f images/s  waiting %.1f %%  %s left",
          done,
          report.steps(),
          report.epoch(),
          report.loss(),
          report.learningRate(),
          report.imagesPerSecond(),
          100 * report.waiting(),
          timeLeft(report));
    }

    @Override
    public void onWarning(long step, String warning) {
      console.say("warning at step %d: %s", step + 1, warning);
    }

    private static String timeLeft(StepReport report) {
      double seconds = (report.steps() - report.step() - 1) * report.secondsPerStep();
      Duration left = Duration.ofSeconds(Math.round(seconds));
      return left.toHours() > 0
          ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
          : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
    }
  }
}
