package io.swavbeam.app.training;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.AutoRecipe;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.training.Progress;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerRestartedException;
import io.swavbeam.pipelines.trainer.client.RemoteTrainer;
import io.swavbeam.pipelines.trainer.protocol.OpenRunRequest;
import io.swavbeam.pipelines.trainer.protocol.RequestedRecipe;
import io.swavbeam.pipelines.trainer.protocol.TrainerSecurity;
import io.swavbeam.pipelines.training.Copies;
import io.swavbeam.pipelines.training.TrainSwav;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;

/** Feeds a trainer in another process: lists the images, opens the run, and runs the pipeline. */
final class RemoteTraining {
  private final TrainOptions options;
  private final Console console;
  private long shown = -1;

  RemoteTraining(TrainOptions options, Console console) {
    this.options = options;
    this.console = console;
  }

  void run() throws UsageException, CommandFailedException, IOException, InterruptedException {
    if (options.getOutput() != null) {
      throw new UsageException(
          "with --trainer, the run directory is the trainer's: leave out --output");
    }
    if (options.getInit() != null || options.getFreezeBackbone() > 0) {
      throw new UsageException(
          "with --trainer, the network is the trainer's: give --init and --freezeBackbone to `swav"
              + " trainer`");
    }
    Options.atLeast(options.getTrainerPatience(), 1, "trainerPatience");
    FlinkSetup.prepareTraining(options);
    FlinkSetup.name(options, "with the trainer " + options.getTrainer());
    if (TrainingSetup.isAuto(options)) {
      TrainingSetup.requireValid(options);
    } else {
      TrainingSetup.recipe(options, options.getPreset()); // complains before anything is listed
    }
    TrainerSecurity security = TrainingSetup.security(options);
    RunConfig run = open(security);
    console.say("run %s at the trainer %s, in %s", run.id(), options.getTrainer(), run.precision());
    if (TrainingSetup.isAuto(options)) {
      console.say("the trainer has chosen %s", AutoRecipe.describe(run.recipe()));
    }
    RemoteTrainer trainer =
        new RemoteTrainer(options.getTrainer(), run.id(), security, options.getTrainerPatience());
    // A pipeline that has ended in our own process does not start itself again, as a cluster does.
    while (!progress(trainer).done()) {
      feed(trainer, run);
    }
    console.say(
        "trained %,d steps; the trainer has exported model %s", run.steps(), trainer.awaitModel());
  }

  private RunConfig open(TrainerSecurity security)
      throws UsageException, CommandFailedException, IOException {
    Path temporary = Files.createTempDirectory("swav-manifest-");
    Folder listings =
        options.getListings() == null ? Folder.of(temporary) : Folder.of(options.getListings());
    if (options.getListings() != null && FlinkSetup.isCluster(options)) {
      listOnCluster(listings);
    }
    try (TrainingImages found =
        TrainingImages.list(
            options.getInput(),
            new Listings(listings, Options.limits(options)),
            Copies.NONE,
            temporary)) {
      TrainingConsole.say(found, console);
      found.requireImages();
      OpenRunRequest request =
          new OpenRunRequest(
              recipe(found),
              options.getPrecision(),
              options.getMicroBatches() == null ? "" : options.getMicroBatches(),
              options.getSeed(),
              options.getSteps() == null ? 0 : options.getSteps(),
              found.images(),
              found.digest(),
              found.content(),
              TrainingSetup.decoding(options),
              options.getMaxUnreadable());
      return RemoteTrainer.open(
          options.getTrainer(),
          security,
          options.getTrainerPatience(),
          request,
          found.manifestFile());
    } finally {
      AtomicFiles.delete(temporary);
    }
  }

  private RequestedRecipe recipe(TrainingImages found) throws UsageException, IOException {
    return TrainingSetup.isAuto(options)
        ? new RequestedRecipe.Chosen(
            ImageSample.of(found, Options.limits(options)), TrainingSetup.changes(options))
        : new RequestedRecipe.Named(TrainingSetup.recipe(options, options.getPreset()));
  }

  /** The cluster's workers list the files; what they have listed only has to be read here. */
  private void listOnCluster(Folder listings) throws UsageException, CommandFailedException {
    console.say("the cluster lists the images into %s", listings);
    Pipeline pipeline = Pipeline.create(options);
    pipeline.apply(
        "ListImages",
        ListImages.in(options.getInput())
            .withLimits(Options.limits(options))
            .withListings(listings));
    PipelineRun.run(pipeline, console, result -> {});
  }

  private static Progress progress(RemoteTrainer trainer) {
    try (TrainerConnection connection = trainer.connect()) {
      return connection.progress();
    }
  }

  private void feed(RemoteTrainer trainer, RunConfig run)
      throws CommandFailedException, UsageException {
    Pipeline pipeline = Pipeline.create(options);
    pipeline.apply(
        "TrainSwav",
        TrainSwav.of(run, trainer).withSplits(splits()).withLimits(Options.limits(options)));
    try {
      PipelineRun.run(pipeline, console, result -> show(progress(trainer)));
    } catch (TrainerRestartedException e) {
      console.say("%s", e.getMessage());
    }
  }

  private int splits() {
    return FlinkSetup.isFlink(options)
        ? Math.max(1, options.as(FlinkPipelineOptions.class).getParallelism())
        : options.as(DirectOptions.class).getTargetParallelism();
  }

  private void show(Progress progress) {
    if (progress.nextStep() != shown) {
      shown = progress.nextStep();
      console.say("step %d/%d", progress.nextStep(), progress.steps());
    }
  }
}
