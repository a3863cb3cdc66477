package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.WriteDeadLetters;
import io.swavbeam.pipelines.deadletter.WriteElementLetters;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.LabelTable;
import io.swavbeam.pipelines.embedding.ModelLocation;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.ListFiles;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.output.CountListings;
import io.swavbeam.pipelines.output.EarlierDeadLetters;
import io.swavbeam.pipelines.output.EarlierLayout;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.output.EmbeddingIndex;
import io.swavbeam.pipelines.output.EntryCounts;
import io.swavbeam.pipelines.output.WriteEmbeddings;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes an embedding and a cluster for every image: of an archive, or as they come. */
public final class EmbedCommand implements Command {
  private static final Duration A_DAY = Duration.ofDays(1);

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
  @SuppressWarnings("try") // the claim is held, not used
  public void run(List<String> arguments, Console console) throws Exception {
    EmbedOptions options = Options.parse(arguments, EmbedOptions.class);
    Options.require(options.getModel(), "model");
    if (options.getKafka() == null) {
      Options.require(options.getInput(), "input");
    } else {
      Options.require(options.getTopic(), "topic");
    }
    Options.require(options.getOutput(), "output");
    Options.atLeast(options.getBatchSize(), 1, "batchSize");
    requireLabel(options.getLabel());
    requireStream(options);
    LabelTable.Source labels = labels(options);
    if (labels != null) {
      LabelTable table = LabelTable.read(labels);
      console.say(
          "labels of %,d names are in %s%s",
          table.size(),
          options.getLabels(),
          table.columns().isEmpty()
              ? ""
              : ": %s (--labelsColumns names others)".formatted(table.columns()));
    }
    Precision precision = precision(options.getPrecision());
    requireDevice(options.getDevice());
    boolean endless = isEndless(options);
    if (endless) {
      FlinkSetup.prepareEndless(options);
    } else {
      FlinkSetup.prepare(options);
    }

    // Workers of a cluster have other working directories.
    ModelLocation model = ModelLocation.of(options.getModel());
    ModelDescription trained = model.describe();
    DecodingConfig decoding = Options.decoding(options, trained.present());
    ModelDescription description = trained.in(precision, decoding);
    if (!endless) {
      InputFiles.requireExisting(options.getInput());
    }
    boolean isNew =
        Stores.isLocal(options.getOutput()) && !Files.exists(Stores.path(options.getOutput()));
    Folder output = outputFolder(Folder.of(options.getOutput()));
    FlinkSetup.name(options, "into " + output);
    String job = UUID.randomUUID().toString();
    OutputClaim.Work work =
        new OutputClaim.Work(job, images(options, description, endless, job), what(options));
    try (OutputClaim claim = OutputClaim.take(output, work)) {
      try {
        embed(
            options,
            embedImages(options, model, precision, decoding),
            description,
            output,
            job,
            console);
      } finally {
        if (isNew) {
          deleteIfBare(output);
        }
      }
    }
  }

  /** Deletes a folder that was made for nothing: neither rows nor dead letters are in it. */
  private static void deleteIfBare(Folder folder) throws IOException {
    boolean isBare =
        EmbeddingFiles.list(folder).isEmpty()
            && DeadLetterFiles.of(folder).files(DeadLetterFiles.SUFFIX).isEmpty();
    if (isBare) {
      folder.delete();
    }
  }

  /** Equal where the same images are embedded in the same way; a stream is like no other. */
  private static String images(
      EmbedOptions options, ModelDescription model, boolean endless, String job)
      throws UsageException {
    if (endless) {
      return job;
    }
    Digest digest = new Digest().add(model.id()).add("\0").add(Options.limits(options).toString());
    for (String input : options.getInput()) {
      digest.add("\0").add(Stores.absolute(input));
    }
    return digest.hex(16);
  }

  private static String what(EmbedOptions options) {
    return options.getKafka() == null
        ? "--input=" + String.join(",", options.getInput())
        : "--kafka=%s --topic=%s".formatted(options.getKafka(), options.getTopic());
  }

  private void embed(
      EmbedOptions options,
      EmbedImages<InputRef, Embedding> embedImages,
      ModelDescription description,
      Folder output,
      String job,
      Console console)
      throws Exception {
    boolean endless = isEndless(options);
    Pipeline pipeline = Pipeline.create(options);
    EmbeddingIndex earlier = EmbeddingIndex.update(output);
    require(earlier, description, endless, output, options);
    EarlierLayout.tidyUp(output);
    tidyUp(output, endless);
    Listings.tidyUp(listings(options, output));
    Duration giveUpAfter = ImagesToEmbed.giveUpAfter(options);
    if (options.getKafka() != null) {
      TopicReport.say(options, new Patience(giveUpAfter), output, earlier, console);
    }
    ImagesToEmbed images =
        ImagesToEmbed.of(
            options, output, listings(options, output), new CountListings(output, job));
    console.say(
        "embedding %s with model %s%s",
        images.what(),
        description.id(),
        earlier.entries().isEmpty() ? "" : ", without those that %s holds".formatted(output));
    if (!FlinkSetup.isCluster(options)) { // whose workers are other machines
      console.say("%s", Hardware.describe(Hardware.devices(options.getDevice())));
    }

    PCollectionTuple listed = pipeline.apply("ListImages", images.source());
    listed
        .get(ListImages.SHARDS)
        .apply(
            "WriteEmbeddings",
            WriteEmbeddings.to(output, embedImages).withJob(job).withGiveUpAfter(giveUpAfter));
    // Whole images of Kafka need no listing, so there is nothing that could fail in it.
    Folder letters = DeadLetterFiles.of(output);
    if (listed.has(ListFiles.LETTERS)) {
      listed
          .get(ListFiles.LETTERS)
          .apply("WriteDeadLetters", new WriteElementLetters(letters, new Patience(giveUpAfter)));
    } else if (listed.has(ListImages.DEAD_LETTERS)) {
      listed.get(ListImages.DEAD_LETTERS).apply("WriteDeadLetters", new WriteDeadLetters(letters));
    }

    Speed speed = new Speed(console, endless);
    StreamNotes notes = new StreamNotes(console);
    IndexUpdates updates = new IndexUpdates(output);
    PipelineRun.run(
        pipeline,
        console,
        result -> {
          speed.show(result);
          if (endless) {
            notes.show(result);
          }
          updates.next();
        });
    WriteEmbeddings.unfinished(output).folder(job).delete();
    // What is on disk: counters count what was repeated, and can be lost with a worker.
    long rows = EmbeddingIndex.update(output).rows() - earlier.rows();
    imagesPerSecond = speed.of(rows);
    report(endless, job, rows, earlier.rows(), output, options, console);
  }

  private static Folder listings(EmbedOptions options, Folder output) {
    return options.getListings() == null
        ? output.metadata().folder("listings")
        : Folder.of(options.getListings());
  }

  /** Keeps the index near what is finished, so that going on after a kill reads few footers. */
  private static final class IndexUpdates {
    private static final Duration EVERY = Duration.ofMinutes(5);

    private final Folder output;
    private long last = System.nanoTime();

    IndexUpdates(Folder output) {
      this.output = output;
    }

    void next() throws IOException {
      if (System.nanoTime() - last > EVERY.toNanos()) {
        last = System.nanoTime();
        try {
          EmbeddingIndex.update(output);
        } catch (StoreUnavailableException e) {
          // The index is only ahead of its time here; the job itself finds out whether it passes.
        }
      }
    }
  }

  private static EmbedImages<InputRef, Embedding> embedImages(
      EmbedOptions options, ModelLocation model, Precision precision, DecodingConfig decoding)
      throws UsageException {
    return EmbedImages.ofImages(model.toString())
        .withPrecision(precision)
        .withDevice(options.getDevice())
        .withDecoding(decoding)
        .withBatchSize(options.getBatchSize())
        .withModelRefresh(
            Duration.ofSeconds(Options.seconds(options.getRefreshModel(), "refreshModel")))
        .withLimits(Options.limits(options))
        .withLabels(options.getLabel())
        .withColumns(options.getImageColumn(), options.getLabelColumn())
        .withLabelTable(labels(options));
  }

  /** Returns the table of labels that the options name, or null. */
  private static LabelTable.@Nullable Source labels(EmbedOptions options) throws UsageException {
    List<String> columns = options.getLabelsColumns();
    if (columns != null && columns.size() != 2) {
      throw new UsageException(
          "--labelsColumns wants two: the column of names and that of labels, as in image_id,dx");
    }
    if (columns != null && options.getLabels() == null) {
      throw new UsageException("--labelsColumns belongs to --labels, which is missing");
    }
    return options.getLabels() == null
        ? null
        : new LabelTable.Source(Stores.absolute(options.getLabels()), columns);
  }

  private static void requireLabel(String label) throws UsageException {
    try {
      LabelSource.parse(label);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--label: " + e.getMessage());
    }
  }

  private static void requireStream(EmbedOptions options) throws UsageException {
    if (options.getSettle() != null && options.getWatch() == null) {
      throw new UsageException("--settle belongs to --watch, which is missing");
    }
    if (options.getGiveUpAfter() != null) {
      Options.atLeast(Options.seconds(options.getGiveUpAfter(), "giveUpAfter"), 1, "giveUpAfter");
    }
    if (options.getGiveUpAfter() != null && !isEndless(options)) {
      throw new UsageException("--giveUpAfter belongs to --watch or --kafka, which are missing");
    }
    if (options.getWatch() != null && options.getKafka() != null) {
      throw new UsageException("--watch and --kafka are two streams: take one");
    }
  }

  private static boolean isEndless(EmbedOptions options) {
    return options.getWatch() != null || options.getKafka() != null;
  }

  private static Precision precision(String name) throws UsageException {
    for (Precision precision : SavedNetwork.PRECISIONS) {
      if (precision.toString().equals(name)) {
        return precision;
      }
    }
    throw new UsageException("unknown --precision=%s: take float32 or bfloat16".formatted(name));
  }

  /** Workers of a cluster have devices of their own, which only they can look at. */
  private static void requireDevice(String device) throws UsageException {
    if (!Hardware.isOneDevice(device)) {
      throw new UsageException("unknown --device=%s: take auto, cpu, gpu:0".formatted(device));
    }
  }

  private static Folder outputFolder(Folder folder) throws CommandFailedException, IOException {
    try {
      if (Stores.isLocal(folder.path())) {
        Path local = Files.createDirectories(Path.of(folder.path()));
        if (!Files.isWritable(local)) {
          throw new AccessDeniedException(folder.path());
        }
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "%s cannot be written (%s): choose another --output"
              .formatted(folder, e.getClass().getSimpleName()));
    }
    return folder;
  }

  private static void tidyUp(Folder folder, boolean endless) throws IOException {
    // Those of jobs that were killed; younger ones may be another job's that is at work.
    WriteEmbeddings.unfinished(folder).deleteOlder(A_DAY);
    EntryCounts.in(folder).deleteOlder(A_DAY);
    if (endless) {
      EarlierDeadLetters.prepareStream(folder);
    } else {
      // Files that could not be listed are tried again.
      DeadLetterFiles.delete(DeadLetterFiles.of(folder), List.of(WriteDeadLetters.ARCHIVES));
    }
  }

  /** What earlier runs have left has to be of the same model. */
  private static void require(
      EmbeddingIndex earlier,
      ModelDescription model,
      boolean endless,
      Folder output,
      EmbedOptions options)
      throws CommandFailedException {
    if (!earlier.entries().isEmpty() && !options.getResume()) {
      throw new CommandFailedException(
          "%s already holds embeddings: choose another --output, or leave out --resume=false"
              .formatted(output));
    }
    for (String theirModel : earlier.models()) {
      DecodingConfig theirs = DecodingConfig.ofModelId(theirModel);
      if (!theirs.equals(model.decoding())) {
        throw new CommandFailedException(
            "%s holds embeddings of pictures that were decoded or scaled otherwise (%s, now %s): choose another --output%s"
                .formatted(
                    output,
                    theirs,
                    model.decoding(),
                    theirs.version() == DecodingConfig.CURRENT
                        ? ", or give --alpha=%s --decode=%s"
                            .formatted(theirs.alpha(), theirs.decode())
                        : ""));
      }
      if (!theirModel.equals(model.id()) && !endless) {
        throw new CommandFailedException(
            "%s already holds embeddings of model %s, not %s: choose another --output"
                .formatted(output, theirModel, model.id()));
      }
    }
  }

  /** Says what became of each entry, from what is on disk. */
  private static void report(EntryCounts.Sums sums, Folder output, Console console)
      throws CommandFailedException, IOException {
    if (sums.lost() != 0) {
      throw new CommandFailedException(
          "%,d of %,d images were listed and are neither embedded nor dead letters: that is a bug; see %s"
              .formatted(sums.lost(), sums.listed().images(), EntryCounts.in(output)));
    }
    console.say(
        "%,d entries: %,d embeddings%s, %,d dead letters, %,d beside them%s",
        sums.entries(),
        sums.done().rows() + sums.done().earlier(),
        sums.done().earlier() == 0
            ? ""
            : " (%,d of them from before)".formatted(sums.done().earlier()),
        sums.deadLetters(),
        sums.sidecars().total(),
        sums.sidecars().total() == 0 ? "" : ": " + sums.sidecars());
    SidecarCounts unknown = sums.sidecars().unknown();
    if (unknown.total() > 0) {
      console.say("%,d of those beside them are of no known kind: %s", unknown.total(), unknown);
    }
    if (sums.deadLetters() > 0) {
      Folder letters = DeadLetterFiles.of(output);
      console.say("why is in %s", letters);
      DeadLetterHints.say(letters, console);
    }
  }

  private void report(
      boolean endless,
      String job,
      long images,
      long before,
      Folder output,
      EmbedOptions options,
      Console console)
      throws CommandFailedException, UsageException, IOException {
    String changed = "";
    if (!endless) {
      EntryCounts.Sums sums = EntryCounts.sums(output, job);
      report(sums, output, console);
      sayIfNoneIsLabelled(sums, options, console);
      changed = sums.done().changed();
    }
    LabelTable.Source labels = labels(options);
    if (labels != null && images + before > 0) {
      sayUnknown(options.getLabels(), LabelTable.read(labels), output, console);
    }
    if (images > 0) {
      console.say(
          "embedded %,d images, %.0f images/s; the embeddings are in %s",
          images, imagesPerSecond, output);
    } else if (before > 0 && changed.isEmpty()) {
      console.say("nothing to do: %s holds all embeddings", output);
    } else if (changed.isEmpty()) {
      throw new CommandFailedException(
          "--input=%s holds no image that can be embedded"
              .formatted(String.join(",", options.getInput())));
    }
    if (!changed.isEmpty()) {
      throw new CommandFailedException(
          "%s holds other bytes than when its images were embedded into %s, so what is in it is left out: choose another --output"
              .formatted(changed, output));
    }
  }

  /**
   * Says that no image has got a label other than its folder's, if labels were asked for or are
   * there: in files beside images, or in Parquet files.
   */
  private static void sayIfNoneIsLabelled(
      EntryCounts.Sums sums, EmbedOptions options, Console console) {
    if (sums.done().rows() == 0 || sums.done().labelled() > 0) {
      return;
    }
    String source = null;
    if (options.getLabels() != null) {
      source = "--labels=" + options.getLabels();
    } else if (options.getLabelColumn() != null) {
      source = "--labelColumn=" + options.getLabelColumn();
    } else if (!options.getLabel().equals(LabelSource.CLS.toString())) {
      source = "--label=" + options.getLabel();
    } else if (sums.sidecars().of(LabelSource.CLS.extension()) > 0) {
      source = "the .cls files";
    } else if (options.getInput().stream().anyMatch(Formats::isInParts)) {
      source = "the columns of the Parquet files (--labelColumn names another)";
    }
    if (source != null) {
      console.say("no image has a label of %s, or none but what its folder is called", source);
    }
  }

  /** Says how many names of a table no image has. */
  private static void sayUnknown(String file, LabelTable table, Folder output, Console console)
      throws IOException {
    Set<String> known = new HashSet<>();
    long[] without = new long[1];
    long[] ambiguous = new long[1];
    EmbeddingFiles.readNames(
        output,
        image -> {
          String name = table.nameOf(image);
          if (table.isAmbiguous(image)) {
            ambiguous[0]++;
          } else if (name == null) {
            without[0]++;
          } else {
            known.add(name);
          }
        });
    console.say(
        "%s: %,d of %,d names have no embedding, %,d embeddings are not in it%s",
        file,
        table.size() - known.size(),
        table.size(),
        without[0],
        ambiguous[0] == 0
            ? ""
            : ", %,d fit several names with different labels".formatted(ambiguous[0]));
  }

  /** Of the last run, its start and its end included. */
  public double imagesPerSecond() {
    return imagesPerSecond;
  }

  /** Images a second since the pipeline was started. */
  private static final class Speed {
    private final Console console;
    private final boolean endless;
    private final long start = System.nanoTime();
    private long shown;

    Speed(Console console, boolean endless) {
      this.console = console;
      this.endless = endless;
    }

    void show(PipelineResult result) {
      long images = PipelineRun.counter(result, EmbedImages.METRICS, "num_inferences");
      if (images != shown) {
        shown = images;
        long others =
            PipelineRun.counter(result, EmbedImages.METRICS, "failures")
                + PipelineRun.counter(result, EmbedImages.METRICS, "skipped");
        long listed = endless ? 0 : PipelineRun.counter(result, "ListImages", "images");
        console.say("%s", new EmbeddingProgress(images, images + others, listed, seconds()));
      }
    }

    private double seconds() {
      return (System.nanoTime() - start) / 1e9;
    }

    double of(long images) {
      return images / seconds();
    }
  }
}
