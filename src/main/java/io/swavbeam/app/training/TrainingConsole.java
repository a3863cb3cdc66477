package io.swavbeam.app.training;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Signals;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.plan.RunPlan;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.run.TrainingRun;
import io.swavbeam.pipelines.run.TrainingSummary;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.sdk.options.PipelineOptions;

/** A training run that prints its input, its plan and its result. */
public final class TrainingConsole {
  private TrainingConsole() {}

  /** Runs the training on the runner in the options. A signal ends it with a checkpoint. */
  @SuppressWarnings("try") // the registration is held, not used
  public static void run(TrainingRun run, PipelineOptions options, Console console)
      throws Exception {
    CheckpointAtStop stop = new CheckpointAtStop();
    TrainingSummary summary;
    try (Signals.Registration registration = Signals.add(stop)) {
      summary =
          run.withObserver(new Words(run, options.as(NetworkOptions.class), stop, console))
              .run(
                  options,
                  (pipeline, meanwhile) ->
                      PipelineRun.run(pipeline, console, result -> meanwhile.next()));
    }
    String steps = "trained %,d steps; ".formatted(summary.run().steps());
    run.output()
        .ifPresentOrElse(
            output ->
                console.say(
                    "%smodel %s is in %s", steps, summary.model(), RunDirectory.savedModel(output)),
            () -> console.say("%sthe trainer has exported model %s", steps, summary.model()));
  }

  /** Prints the plan of a run: the reasons, the warnings, and its {@code config.json}. */
  public static void plan(TrainingRun run, PipelineOptions options, Console console)
      throws IOException {
    Words words = new Words(run, options.as(NetworkOptions.class), new CheckpointAtStop(), console);
    RunPlan plan = run.withObserver(words).plan(options);
    plan.reasons().forEach(reason -> console.say("%s", reason));
    plan.warnings().forEach(warning -> console.say("warning: %s", warning));
    RunConfig config = plan.run();
    console.say(
        "run %s: %,d steps, %s, in %s",
        config.id(), config.steps(), config.recipe().summary(), config.precision());
    config.toJson().lines().forEach(line -> console.say("%s", line));
  }

  private static final class Words implements TrainingRun.Observer {
    private final TrainingRun run;
    private final NetworkOptions options;
    private final CheckpointAtStop stop;
    private final Console console;
    private long shown = -1;

    Words(TrainingRun run, NetworkOptions options, CheckpointAtStop stop, Console console) {
      this.run = run;
      this.options = options;
      this.stop = stop;
      this.console = console;
    }

    @Override
    public void onCopy(String source, long bytes, Path folder) {
      console.say(
          "%s can only be read from its beginning: its images are copied into %s, %,d MB or more",
          source, folder, Math.max(1, bytes / 1_000_000));
    }

    @Override
    public void onListing(Folder listings) {
      console.say("the cluster lists the images into %s", listings);
    }

    @Override
    public void onListed(TrainingRun.Found found) {
      console.say("%,d images in %,d files", found.images(), found.files());
      SidecarCounts sidecars = new SidecarCounts();
      sidecars.addAll(found.sidecars());
      if (sidecars.total() > 0) {
        console.say("%,d other files: %s", sidecars.total(), sidecars);
      }
      found
          .firstDeadLetter()
          .ifPresent(
              first ->
                  console.say(
                      "%,d files or entries cannot be used: %s: %s",
                      found.deadLetters(), first.source(), first.error()));
      run.output()
          .map(RunDirectory::unlisted)
          .filter(Files::exists)
          .ifPresent(letters -> console.say("see %s", letters));
    }

    @Override
    public void onRenamed(String earlier, String now) {
      console.say("%s was called %s when this run began, and has the same content", now, earlier);
    }

    @Override
    public void onBegin(RunConfig config) {
      if (run.trainer().isPresent()) {
        console.say(
            "run %s at the trainer %s, in %s",
            config.id(), run.trainer().get().target(), config.precision());
        if (TrainingSetup.isAuto(options)) {
          console.say("the trainer has chosen %s", config.recipe().summary());
        }
        return;
      }
      if (run.init().model() != null) {
        console.say("%s", run.init().plan(config.recipe().network()));
      }
      console.say(
          "training on %s (--device=%s) in %s (--precision=%s)",
          run.devices(), options.getDevice(), config.precision(), options.getPrecision());
      console.say("%s", Hardware.describe(run.devices()));
    }

    @Override
    public void onStart(TrainingRun.Stop training) {
      stop.of(training);
    }

    @Override
    public void onResume(long step, long steps) {
      console.say("resuming after step %,d of %,d", step, steps);
    }

    @Override
    public void onSteps(long done, long steps) {
      if (done != shown) {
        shown = done;
        console.say("step %d/%d", done, steps);
      }
    }

    @Override
    public void onRestart(String message) {
      console.say("%s", message);
    }
  }
}
