package io.swavbeam.app;

import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.InputFiles;
import io.swavbeam.pipelines.archive.ListImages;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.EmbeddingFiles;
import io.swavbeam.pipelines.embedding.WriteDeadLetters;
import io.swavbeam.pipelines.embedding.WriteEmbeddings;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;

/** Writes an embedding and a cluster for every image. */
final class EmbedCommand implements Command {
  private double imagesPerSecond;

  @Override
  public String name() {
    return "embed";
  }

  @Override
  public String summary() {
    return "write an embedding and a cluster for every image";
  }

  @Override
  public Class<EmbedOptions> options() {
    return EmbedOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    EmbedOptions options = Options.parse(arguments, EmbedOptions.class);
    Options.require(options.getModel(), "model");
    Options.require(options.getInput(), "input");
    Options.require(options.getOutput(), "output");
    Options.atLeast(options.getBatchSize(), 1, "batchSize");
    FlinkSetup.prepare(options);

    ModelDescription model = Embedder.describe(Path.of(options.getModel()));
    List<InputFile> files = InputFiles.find(options.getInput());
    String output = emptyFolder(Path.of(options.getOutput())).toString();
    console.say("embedding %,d files with model %s", files.size(), model.id());

    Pipeline pipeline = Pipeline.create(options);
    PCollectionTuple listed =
        pipeline
            .apply("Files", Create.of(files).withCoder(SerializableCoder.of(InputFile.class)))
            .apply("ListImages", new ListImages());
    PCollectionTuple embedded =
        listed
            .get(ListImages.IMAGES)
            .apply(
                "EmbedImages",
                EmbedImages.withModel(options.getModel()).withBatchSize(options.getBatchSize()));
    embedded.get(EmbedImages.EMBEDDINGS).apply("WriteEmbeddings", new WriteEmbeddings(output));
    PCollectionList.of(listed.get(ListImages.DEAD_LETTERS))
        .and(embedded.get(EmbedImages.DEAD_LETTERS))
        .apply("AllDeadLetters", Flatten.pCollections())
        .apply("WriteDeadLetters", new WriteDeadLetters(output + "/dead-letters"));

    Speed speed = new Speed(console);
    PipelineResult result = PipelineRun.run(pipeline, speed::show);
    long images = PipelineRun.counter(result, "EmbedImages", "images");
    long failures = PipelineRun.counter(result, "EmbedImages", "failures");
    long ignored = PipelineRun.counter(result, "ListImages", "ignored");
    if (ignored > 0) {
      console.say("ignored %,d files that are no images", ignored);
    }
    if (failures > 0) {
      console.say("%,d images could not be read, see %s/dead-letters", failures, output);
    }
    if (images == 0) {
      throw new CommandFailedException(
          "--input=%s holds no image that can be read"
              .formatted(String.join(",", options.getInput())));
    }
    imagesPerSecond = speed.imagesPerSecond(result);
    console.say(
        "embedded %,d images, %.0f images/s; the embeddings are in %s",
        images, imagesPerSecond, output);
  }

  /** Of the last run, its start and its end included. */
  double imagesPerSecond() {
    return imagesPerSecond;
  }

  private static Path emptyFolder(Path folder) throws CommandFailedException {
    try {
      if (!EmbeddingFiles.list(folder).isEmpty()) {
        throw new CommandFailedException(
            "%s already holds embeddings: choose another --output".formatted(folder));
      }
      Files.createDirectories(folder);
      if (!Files.isWritable(folder)) {
        throw new AccessDeniedException(folder.toString());
      }
      return folder;
    } catch (IOException e) {
      throw new CommandFailedException(
          "%s cannot be written (%s): choose another --output"
              .formatted(folder, e.getClass().getSimpleName()));
    }
  }

  /** Images a second since the pipeline was started. */
  private static final class Speed {
    private final Console console;
    private final long start = System.nanoTime();

    Speed(Console console) {
      this.console = console;
    }

    void show(PipelineResult result) {
      long images = PipelineRun.counter(result, "EmbedImages", "images");
      if (images > 0) {
        console.say("%,d images, %.0f images/s", images, imagesPerSecond(result));
      }
    }

    double imagesPerSecond(PipelineResult result) {
      long images = PipelineRun.counter(result, "EmbedImages", "images");
      return images / ((System.nanoTime() - start) / 1e9);
    }
  }
}
