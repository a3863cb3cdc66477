package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.LabelTable;
import io.swavbeam.pipelines.embedding.ModelLocation;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Stores;
import java.time.Duration;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The command {@code swav embed}, which writes an embedding and a cluster for every image of an
 * archive or of a stream.
 */
public final class EmbedCommand extends Command<EmbedOptions> {
  public EmbedCommand() {
    super("embed", "write an embedding and a cluster for every image", EmbedOptions.class);
  }

  @Override
  protected void run(EmbedOptions options, Console console) throws Exception {
    Options.require(options.getModel(), "model");
    ImageSource source = source(options);
    Options.require(options.getOutput(), "output");
    EmbedImages<InputRef, Embedding> embedImages = embedImages(options);
    Folder output = Folder.of(options.getOutput());
    EmbeddingRun run =
        EmbeddingRun.of(decoded(embedImages, options), source, output)
            .withMaxBatchDuration(atLeastASecond(options.getFileEvery(), "fileEvery"))
            .withGiveUpAfter(giveUpAfter(options, source))
            .withResume(options.getResume());
    if (source.isEndless()) {
      FlinkSetup.prepareEndless(options);
    } else {
      FlinkSetup.prepare(options);
    }
    FlinkSetup.name(options, "into " + output);
    EmbeddingConsole.run(
        options.getListings() == null ? run : run.withListings(Folder.of(options.getListings())),
        options,
        console);
  }

  private static ImageSource source(EmbedOptions options) throws UsageException {
    if (options.getSettle() != null && options.getWatch() == null) {
      throw new UsageException("--settle belongs to --watch, which is missing");
    }
    if (options.getKafka() == null) {
      Options.require(options.getInput(), "input");
      return options.getWatch() == null
          ? new ImageSource.Archive(options.getInput())
          : watched(options);
    }
    Options.require(options.getTopic(), "topic");
    if (options.getWatch() != null) {
      throw new UsageException("--watch and --kafka cannot be combined: give one of them");
    }
    return new ImageSource.Topic(
        options.getKafka(),
        options.getTopic(),
        switch (options.getMessages()) {
          case "images" -> true;
          case "references" -> false;
          default ->
              throw new UsageException(
                  "unknown --messages=%s: take references, images"
                      .formatted(options.getMessages()));
        });
  }

  private static ImageSource watched(EmbedOptions options) throws UsageException {
    Duration every = atLeastASecond(options.getWatch(), "watch");
    return new ImageSource.Watched(
        options.getInput(),
        every,
        options.getSettle() == null ? every : seconds(options.getSettle(), "settle"));
  }

  private static Duration giveUpAfter(EmbedOptions options, ImageSource source)
      throws UsageException {
    Duration giveUpAfter = seconds(options.getGiveUpAfter(), "giveUpAfter");
    if (options.getGiveUpAfter() != null) {
      Options.atLeast(giveUpAfter.toSeconds(), 1, "giveUpAfter");
      if (!source.isEndless()) {
        throw new UsageException("--giveUpAfter belongs to --watch or --kafka, which are missing");
      }
    }
    return giveUpAfter;
  }

  private static EmbedImages<InputRef, Embedding> embedImages(EmbedOptions options)
      throws UsageException {
    Options.atLeast(options.getBatchSize(), 1, "batchSize");
    LabelSource label;
    try {
      label = LabelSource.parse(options.getLabel());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--label: " + e.getMessage());
    }
    if (!Hardware.isOneDevice(options.getDevice())) {
      // Only the workers of a cluster know their devices.
      throw new UsageException(
          "unknown --device=%s: take auto, cpu, gpu:0".formatted(options.getDevice()));
    }
    return EmbedImages.ofImages(Stores.absolute(options.getModel()))
        .withPrecision(precision(options.getPrecision()))
        .withDevice(options.getDevice())
        .withBatchSize(options.getBatchSize())
        .withModelRefresh(seconds(options.getRefreshModel(), "refreshModel"))
        .withLimits(Options.limits(options))
        .withFields(new SampleFields(label, options.getImageColumn(), options.getLabelColumn()))
        .withLabelTable(labels(options));
  }

  private static EmbedImages<InputRef, Embedding> decoded(
      EmbedImages<InputRef, Embedding> embedImages, EmbedOptions options) throws UsageException {
    return options.getAlpha() == null && options.getDecode() == null
        ? embedImages
        : embedImages.withDecoding(
            Options.decoding(options, ModelLocation.of(options.getModel()).describe().present()));
  }

  /** Returns the table of labels, or null. */
  private static LabelTable.@Nullable Source labels(EmbedOptions options) throws UsageException {
    List<String> columns = options.getLabelsColumns();
    if (columns != null && columns.size() != 2) {
      throw new UsageException(
          "--labelsColumns needs two columns: that of the names and that of the labels, as in image_id,dx");
    }
    if (columns != null && options.getLabels() == null) {
      throw new UsageException("--labelsColumns belongs to --labels, which is missing");
    }
    return options.getLabels() == null
        ? null
        : new LabelTable.Source(Stores.absolute(options.getLabels()), columns);
  }

  private static Precision precision(String name) throws UsageException {
    return Options.oneOf("precision", name, SavedNetwork.PRECISIONS.toArray(Precision[]::new));
  }

  private static Duration seconds(@Nullable String time, String option) throws UsageException {
    return Duration.ofSeconds(Options.seconds(time, option));
  }

  private static Duration atLeastASecond(String time, String option) throws UsageException {
    return Duration.ofSeconds(Math.max(1, Options.seconds(time, option)));
  }
}
