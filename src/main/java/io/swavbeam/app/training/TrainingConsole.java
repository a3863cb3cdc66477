package io.swavbeam.app.training;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Signals;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.pipelines.training.TrainingImages;
import io.swavbeam.pipelines.training.TrainingRun;
import java.nio.file.Path;
import org.apache.beam.sdk.options.PipelineOptions;

/** Runs a training, and says what it finds and does before its first step, and at its end. */
public final class TrainingConsole {
  private TrainingConsole() {}

  /** Runs it on the runner that the options name. A signal ends it behind a checkpoint. */
  @SuppressWarnings("try") // the registration is held, not used
  public static void run(TrainingRun run, PipelineOptions options, Console console)
      throws Exception {
    CheckpointAtStop stop = new CheckpointAtStop();
    ModelDescription model;
    try (Signals.Registration registration = Signals.add(stop)) {
      model =
          run.withObserver(new Words(run, options.as(NetworkOptions.class), stop, console))
              .run(options, pipeline -> PipelineRun.run(pipeline, console, result -> {}));
    }
    console.say(
        "trained %,d steps; model %s is in %s",
        RunDirectory.readConfig(run.output()).steps(),
        model.id(),
        RunDirectory.savedModel(run.output()));
  }

  private record Words(
      TrainingRun run, NetworkOptions options, CheckpointAtStop stop, Console console)
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
        console.say("see %s", RunDirectory.unlisted(run.output()));
      }
    }

    @Override
    public void onRenamed(String earlier, String now) {
      console.say("%s was called %s when this run began, and holds the same", now, earlier);
    }

    @Override
    public void onBegin(RunConfig config, Devices devices) {
      if (run.init().model() != null) {
        console.say("%s", run.init().plan(config.recipe().network()));
      }
      console.say(
          "training on %s (--device=%s) in %s (--precision=%s)",
          devices, options.getDevice(), run.precision(), options.getPrecision());
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
