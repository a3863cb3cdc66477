package io.swavbeam.app.demo;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.Progress;
import io.swavbeam.app.embedding.EmbeddingConsole;
import io.swavbeam.app.evaluation.Evaluation;
import io.swavbeam.app.evaluation.EvaluationRun;
import io.swavbeam.app.evaluation.neighbours.WeightedKnn;
import io.swavbeam.app.evaluation.sample.Splitter;
import io.swavbeam.app.report.Report;
import io.swavbeam.app.report.ReportRun;
import io.swavbeam.app.training.CheckpointOptions;
import io.swavbeam.app.training.NetworkOptions;
import io.swavbeam.app.training.ProgressLine;
import io.swavbeam.app.training.TrainingConsole;
import io.swavbeam.app.training.TrainingSetup;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.run.TrainingRun;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.ListedImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.runners.direct.DirectOptions;

/**
 * The command {@code swav demo}, which runs everything once: draws an archive, trains, embeds,
 * evaluates, and writes a report.
 */
public final class DemoCommand extends Command<DemoOptions> {
  private static final double HOLD_OUT = 0.1;

  public DemoCommand() {
    super(
        "demo", "train, embed and evaluate on a small archive in a few minutes", DemoOptions.class);
  }

  @Override
  protected void run(DemoOptions options, Console console) throws Exception {
    Options.atLeast(options.getSteps(), 1, "steps");
    Path folder = Files.createDirectories(Options.path(options.getOutput(), "output"));
    Path archive =
        options.getInput() == null
            ? folder.resolve("shapes.tar")
            : Options.path(options.getInput(), "input");
    if (options.getInput() == null && !Files.exists(archive)) {
      console.say("drawing %,d images into %s", DemoArchive.IMAGES, archive);
      DemoArchive.write(archive, DemoArchive.IMAGES);
    }
    // A demo with other images needs another run directory.
    String name = archive.getFileName().toString().replaceAll("\\..*", "");
    Path run = folder.resolve(name + "-run");
    Path embeddings = folder.resolve(name + "-embeddings");

    console.say("");
    console.say("1. train, without using the labels");
    TrainingSetup setup = TrainingSetup.of(options.as(NetworkOptions.class));
    TrainingConsole.run(
        TrainingRun.of(Presets.load("demo"), List.of(archive.toString()), run)
            .withPrecisionOfDevices()
            .withDevices(setup.devices())
            .withSteps(options.getSteps())
            .withSplits(options.as(DirectOptions.class).getTargetParallelism())
            .withTrainerSettings(TrainingSetup.trainer(options.as(CheckpointOptions.class)))
            .withListener(new ProgressLine(console)),
        options,
        console);
    console.say("");
    console.say("2. embed");
    AtomicFiles.delete(embeddings);
    EmbeddingConsole.run(
        EmbeddingRun.of(
            EmbedImages.ofImages(run.toString()),
            new ImageSource.Archive(List.of(archive.toString())),
            Folder.of(embeddings)),
        options,
        console);
    console.say("");
    console.say("3. evaluate: a tenth of the images is classified by nearest neighbours");
    Path metrics = folder.resolve(name + "-metrics.json");
    Evaluation standard = Evaluation.STANDARD;
    new EvaluationRun(
            new Evaluation(
                standard.neighbours(), standard.temperature(), HOLD_OUT, standard.probe()),
            Folder.of(embeddings),
            null,
            EvaluationRun.SAMPLE,
            null)
        .run(metrics, console);
    Splitter.Split pixels =
        RawPixels.readAndHoldOut(images(archive, RunDirectory.archives(run)), HOLD_OUT);
    if (pixels.train().size() > 0 && pixels.test().size() > 0) {
      console.say(
          "raw pixels, for comparison: %.2f %%",
          100
              * new WeightedKnn(List.of(20), 0.07)
                  .accuracies(pixels.train(), pixels.test(), Progress.NONE)
                  .get(0));
    }
    console.say("");
    console.say("4. report");
    Path report = folder.resolve(name + "-report.html");
    new ReportRun(
            new Report(Report.POINTS, Report.GALLERIES, SampleFields.DEFAULT),
            Folder.of(embeddings),
            EvaluationRun.SAMPLE,
            run)
        .run(report, console);
    console.say("");
    console.say("model       %s", run.resolve("saved_model"));
    console.say("embeddings  %s", embeddings);
    console.say("metrics     %s", metrics);
    console.say("report      %s: open it in a browser", report);
  }

  /**
   * Returns the images with their labels. Uses copies of archives that can only be read from their
   * beginning.
   */
  private static List<ImageRef> images(Path input, Path copies) throws IOException {
    return ListedImages.of(
        InputFiles.find(List.of(input.toString())).files(), ArchiveCopies.in(copies));
  }
}
