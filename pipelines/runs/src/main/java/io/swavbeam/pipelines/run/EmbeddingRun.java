package io.swavbeam.pipelines.run;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.ModelId;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.WriteDeadLetters;
import io.swavbeam.pipelines.deadletter.WriteElementLetters;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.InferenceSettings;
import io.swavbeam.pipelines.embedding.LabelTable;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.kafka.MessageSource;
import io.swavbeam.pipelines.kafka.ReadImagesFromKafka;
import io.swavbeam.pipelines.kafka.ReadReferencesFromKafka;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.listing.WatchImages;
import io.swavbeam.pipelines.output.CountListings;
import io.swavbeam.pipelines.output.EarlierDeadLetters;
import io.swavbeam.pipelines.output.EarlierLayout;
import io.swavbeam.pipelines.output.EmbedAndWrite;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.output.EmbeddingIndex;
import io.swavbeam.pipelines.output.EntryCounts;
import io.swavbeam.pipelines.output.FolderClaim;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * An embedding run as one call: finds images, and writes an embedding and a cluster of each into a
 * folder. It cleans the folder before, and counts the results of all entries afterwards.
 *
 * <pre>{@code
 * EmbeddingSummary summary =
 *     EmbeddingRun.of(
 *             EmbedImages.ofImages("runs/photos"),
 *             new ImageSource.Archive(List.of("photos.tar")),
 *             Folder.of("embeddings"))
 *         .run(PipelineOptionsFactory.create());
 * }</pre>
 *
 * <p>Each image has one row, or one dead letter with the reason, on every runner, and however often
 * the run is stopped and resumed. The folder takes the embeddings of one run at a time. While a
 * worker of an earlier run is at work, a run with the same input waits, and a run with another
 * input fails in one line.
 */
public final class EmbeddingRun extends ImmutableSettings<EmbeddingRun> {
  private static final Duration A_DAY = Duration.ofDays(1);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(3);
  private static final Duration BETWEEN_INDEXES = Duration.ofMinutes(5);

  /** An observer of an embedding run, before the first image is embedded. */
  public interface Observer {
    /** An observer that does nothing. */
    Observer SILENT = new Observer() {};

    /**
     * Called for each partition of a topic whose messages were deleted before they were read, for
     * example by its retention.
     *
     * @param partition number of the partition
     * @param messages number of deleted messages
     */
    default void onDeletedMessages(int partition, long messages) {}

    /** Called with the table of labels, if there is one. */
    default void onLabels(LabelTable.Source source, LabelTable table) {}

    /**
     * Called once if another run with the same input is at work in the folder. This run waits for
     * it.
     */
    default void onWait() throws Exception {}

    /**
     * Called before the pipeline is run.
     *
     * @param model the model that embeds
     * @param earlier number of rows in the folder
     */
    default void onBegin(ModelDescription model, long earlier) {}
  }

  private final EmbedImages<InputRef, Embedding> embedImages;
  private final ImageSource source;
  private final Folder output;
  private Optional<Folder> listings = Optional.empty();
  private Duration maxBatchDuration = Duration.ofSeconds(5);
  private Duration giveUpAfter = Duration.ZERO;
  private boolean resume = true;
  private Observer observer = Observer.SILENT;

  private EmbeddingRun(
      EmbedImages<InputRef, Embedding> embedImages, ImageSource source, Folder output) {
    this.embedImages = embedImages;
    this.source = source;
    this.output = output;
  }

  /** Returns the embedding of images. */
  public EmbedImages<InputRef, Embedding> embedImages() {
    return embedImages;
  }

  /** Returns the source of the images. */
  public ImageSource source() {
    return source;
  }

  /** Returns the folder of the rows. */
  public Folder output() {
    return output;
  }

  /**
   * Creates a run.
   *
   * @param embedImages the embedding of images: model, precision, limits, labels and so on
   * @param source the source of the images
   * @param output a new folder, or one that holds embeddings of the same model; images that have a
   *     row are skipped
   */
  public static EmbeddingRun of(
      EmbedImages<InputRef, Embedding> embedImages, ImageSource source, Folder output) {
    return new EmbeddingRun(embedImages, source, output);
  }

  /**
   * Sets another folder than one in the output for the listings of files. Listings are made once,
   * and other commands that list the same files read them.
   */
  public EmbeddingRun withListings(Folder listings) {
    return with(run -> run.listings = Optional.of(listings));
  }

  /**
   * Sets how long an image of a stream waits for others to share a file with. The default is 5
   * seconds.
   */
  public EmbeddingRun withMaxBatchDuration(Duration duration) {
    return with(run -> run.maxBatchDuration = duration);
  }

  /**
   * Sets after which time a stream fails if a store or a broker does not answer. Without this, it
   * waits forever.
   *
   * @param duration the time; zero to wait forever
   */
  public EmbeddingRun withGiveUpAfter(Duration duration) {
    return with(run -> run.giveUpAfter = duration);
  }

  /** Sets whether to continue in a folder that holds embeddings. The default is true. */
  public EmbeddingRun withResume(boolean resume) {
    return with(run -> run.resume = resume);
  }

  /** Sets the observer. */
  public EmbeddingRun withObserver(Observer observer) {
    return with(run -> run.observer = observer);
  }

  /**
   * Embeds, on the runner of the options.
   *
   * @throws Exception as the other method does
   */
  public EmbeddingSummary run(PipelineOptions options) throws Exception {
    return run(options, PipelineRun.DEFAULT);
  }

  /**
   * Embeds.
   *
   * @param pipelineRun runs the pipeline
   * @return the result, after the pipeline has ended
   * @throws InvalidConfigException in one line, if there is no such model
   * @throws KnownIOException in one line, if there is no such input, or the folder cannot be used
   * @throws Exception if the pipeline has failed
   */
  public EmbeddingSummary run(PipelineOptions options, PipelineRun pipelineRun) throws Exception {
    Stores.prepare(options);
    ModelDescription model = embedImages.describe();
    LabelTable.Source labels = embedImages.settings().labelTable();
    if (labels != null) {
      observer.onLabels(labels, LabelTable.read(labels));
    }
    if (source instanceof ImageSource.Archive archive) {
      InputFiles.requireExisting(archive.inputs());
    }
    boolean isNew = Stores.isLocal(output.path()) && !Files.exists(Stores.path(output.path()));
    requireWritable();
    String job = UUID.randomUUID().toString();
    FolderClaim.Work work = FolderClaim.Work.begin(job, images(model), what());
    FolderClaim claim = claim(work);
    try {
      return embed(options, pipelineRun, model, work);
    } finally {
      if (isNew) {
        deleteIfBare();
      }
      claim.close();
    }
  }

  /** Claims the folder, after waiting for another run that does the same. */
  private FolderClaim claim(FolderClaim.Work work) throws Exception {
    boolean waits = false;
    while (true) {
      try {
        return FolderClaim.take(output, work);
      } catch (KnownIOException e) {
        if (e.kind() != ErrorKind.SAME_AT_WORK) {
          throw e;
        }
      }
      if (!waits) {
        waits = true;
        observer.onWait();
      }
      Thread.sleep(BETWEEN_LOOKS.toMillis());
    }
  }

  private void requireWritable() throws IOException {
    if (!Stores.isLocal(output.path())) {
      return;
    }
    try {
      if (!Files.isWritable(Files.createDirectories(Path.of(output.path())))) {
        throw new AccessDeniedException(output.path());
      }
    } catch (IOException e) {
      throw new KnownIOException(
          ErrorKind.FOLDER_TAKEN,
          output,
          "%s cannot be written (%s)"
              .formatted(
                  output,
                  e instanceof FileSystemException file && file.getReason() != null
                      ? file.getReason()
                      : e.getClass().getSimpleName()),
          e);
    }
  }

  /** Returns a text that is equal for the same input that is embedded in the same way. */
  private String images(ModelDescription model) {
    List<String> parts = new ArrayList<>();
    parts.add(model.id());
    parts.add(embedImages.settings().limits().toString());
    parts.add(source.getClass().getSimpleName());
    if (source instanceof ImageSource.Archive archive) {
      archive.inputs().forEach(input -> parts.add(Stores.absolute(input)));
    } else if (source instanceof ImageSource.Watched watched) {
      watched.inputs().forEach(input -> parts.add(Stores.absolute(input)));
    } else {
      parts.add(what());
    }
    return new Digest().add(String.join("\0", parts)).hex(16);
  }

  private String what() {
    return source instanceof ImageSource.Topic topic
        ? "topic %s at %s".formatted(topic.topic(), topic.servers())
        : source.toString();
  }

  /** Deletes the folder if this run has created it and it holds neither rows nor dead letters. */
  private void deleteIfBare() throws IOException {
    boolean isBare =
        EmbeddingFiles.list(output).isEmpty()
            && DeadLetterFiles.of(output).files(DeadLetterFiles.SUFFIX).isEmpty();
    if (isBare) {
      output.delete();
    }
  }

  private EmbeddingSummary embed(
      PipelineOptions options,
      PipelineRun pipelineRun,
      ModelDescription model,
      FolderClaim.Work work)
      throws Exception {
    EmbeddingIndex earlier = EmbeddingIndex.update(output);
    requireSameModel(earlier, model);
    EarlierLayout.tidyUp(output);
    tidyUp();
    Folder kept = listings.orElse(output.metadata().folder("listings"));
    Listings.tidyUp(kept);
    if (source instanceof ImageSource.Topic topic) {
      tellDeletedMessages(topic, earlier);
    }
    Pipeline pipeline = Pipeline.create(options);
    PCollection<OutputShard> shards = list(pipeline, kept, work.job());
    observer.onBegin(model, earlier.rows());
    shards.apply(
        "WriteEmbeddings", // part of savepoints
        new EmbedAndWrite(
            output, embedImages.withDecoding(model.decoding()), work, new Patience(giveUpAfter)));
    long start = System.nanoTime();
    pipelineRun.run(pipeline, new IndexUpdates(output));
    double seconds = (System.nanoTime() - start) / 1e9;
    EmbedAndWrite.unfinished(output).folder(work.job()).delete();
    // Counts what is on disk. Counters of the pipeline include repetitions, and can be lost with a
    // worker.
    long rows = EmbeddingIndex.update(output).rows() - earlier.rows();
    Optional<EmbeddingSummary.Entries> entries =
        source.isEndless()
            ? Optional.empty()
            : Optional.of(entries(EntryCounts.sums(output, work.job())));
    return new EmbeddingSummary(model, rows, earlier.rows(), seconds, entries);
  }

  private EmbeddingSummary.Entries entries(EntryCounts.Sums sums) {
    if (sums.lost() != 0) {
      throw new IllegalStateException(
          "%,d of %,d images were listed and are neither embedded nor dead letters; see %s"
              .formatted(sums.lost(), sums.listed().images(), EntryCounts.in(output)));
    }
    return new EmbeddingSummary.Entries(
        sums.done().rows(),
        sums.done().labelled(),
        sums.done().earlier(),
        sums.deadLetters(),
        sums.sidecars().byExtension(),
        sums.done().changed());
  }

  /** Updates the index while the pipeline runs, so that resuming after a kill reads few footers. */
  private static final class IndexUpdates implements PipelineRun.Meanwhile {
    private final Folder output;
    private long last = System.nanoTime();

    IndexUpdates(Folder output) {
      this.output = output;
    }

    @Override
    public void next() throws IOException {
      if (System.nanoTime() - last > BETWEEN_INDEXES.toNanos()) {
        last = System.nanoTime();
        try {
          EmbeddingIndex.update(output);
        } catch (StoreUnavailableException e) {
          // This update is only an early one. The job detects whether the error persists.
        }
      }
    }
  }

  /** Lists the images, and writes dead letters of entries that cannot be listed. */
  private PCollection<OutputShard> list(Pipeline pipeline, Folder kept, String job)
      throws IOException {
    Folder letters = DeadLetterFiles.of(output);
    if (source instanceof ImageSource.Archive archive) {
      InferenceSettings settings = embedImages.settings();
      ListImages.Result result =
          pipeline.apply(
              "ListImages",
              ListImages.in(archive.inputs())
                  .withLimits(settings.limits())
                  .withFields(settings.fields())
                  .withOutput(output)
                  .withListings(kept)
                  .withListener(new CountListings(output, job)));
      result.deadLetters().apply("WriteDeadLetters", new WriteDeadLetters(letters));
      return result.shards();
    }
    if (source instanceof ImageSource.Topic topic && topic.holdsImages()) {
      return pipeline
          .apply(
              "ListImages",
              ReadImagesFromKafka.of(topic.servers(), topic.topic())
                  .withGiveUpAfter(giveUpAfter)
                  .withMaxBatchDuration(maxBatchDuration))
          .shards();
    }
    ListImages.Result result = pipeline.apply("ListImages", stream());
    result
        .letters()
        .apply("WriteDeadLetters", new WriteElementLetters(letters, new Patience(giveUpAfter)));
    return result.shards();
  }

  private PTransform<PBegin, ListImages.Result> stream() throws IOException {
    InferenceSettings settings = embedImages.settings();
    if (source instanceof ImageSource.Watched watched) {
      return WatchImages.in(watched.inputs(), watched.every())
          .withSettle(watched.settle())
          .withOutput(output)
          .withGiveUpAfter(giveUpAfter)
          .withMaxBatchDuration(maxBatchDuration)
          .withLimits(settings.limits())
          .withFields(settings.fields());
    }
    ImageSource.Topic topic = (ImageSource.Topic) source;
    return ReadReferencesFromKafka.of(topic.servers(), topic.topic())
        .withOutput(output)
        .withGiveUpAfter(giveUpAfter)
        .withMaxBatchDuration(maxBatchDuration)
        .withLimits(settings.limits())
        .withFields(settings.fields());
  }

  private void tellDeletedMessages(ImageSource.Topic topic, EmbeddingIndex earlier)
      throws IOException {
    for (UnreadMessages.Deleted deleted :
        UnreadMessages.deleted(topic, new Patience(giveUpAfter), output, earlier)) {
      MessageSource partition = deleted.partition();
      observer.onDeletedMessages(partition.partition(), deleted.messages());
    }
  }

  private void tidyUp() throws IOException {
    // Files of killed jobs. Younger files may be of another job that is at work.
    EmbedAndWrite.unfinished(output).deleteOlder(A_DAY);
    EntryCounts.in(output).deleteOlder(A_DAY);
    if (source.isEndless()) {
      EarlierDeadLetters.prepareStream(output);
    } else {
      // Files that could not be listed are tried again.
      DeadLetterFiles.delete(DeadLetterFiles.of(output), List.of(WriteDeadLetters.ARCHIVES));
    }
  }

  /** Checks that the embeddings of earlier runs are of the same model. */
  private void requireSameModel(EmbeddingIndex earlier, ModelDescription model)
      throws KnownIOException {
    if (!earlier.entries().isEmpty() && !resume) {
      throw unusable(ErrorKind.ALREADY_BEGUN, "%s already holds embeddings".formatted(output));
    }
    for (String theirModel : earlier.models()) {
      DecodingConfig theirs = ModelId.parse(theirModel).decoding();
      if (!theirs.equals(model.decoding())) {
        throw new KnownIOException(
            theirs.version() == DecodingConfig.CURRENT
                ? ErrorKind.DECODED_OTHERWISE
                : ErrorKind.FOLDER_TAKEN,
            "alpha=%s decode=%s".formatted(theirs.alpha(), theirs.decode()),
            "%s holds embeddings of pictures that were decoded or scaled differently (%s, now %s)"
                .formatted(output, theirs, model.decoding()));
      }
      if (!theirModel.equals(model.id()) && !source.isEndless()) {
        throw unusable(
            ErrorKind.FOLDER_TAKEN,
            "%s already holds embeddings of model %s, not %s"
                .formatted(output, theirModel, model.id()));
      }
    }
  }

  private KnownIOException unusable(ErrorKind kind, String why) {
    return new KnownIOException(kind, output, why);
  }
}
