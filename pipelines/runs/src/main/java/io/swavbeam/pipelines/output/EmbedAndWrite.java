package io.swavbeam.pipelines.output;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.Label;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.WriteDeadLetters;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.EmbeddingWorker;
import io.swavbeam.pipelines.embedding.InferenceSettings;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.listing.Fingerprints;
import io.swavbeam.pipelines.listing.LoadedShard;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that embeds output shards of images. Writes a Parquet file for each: {@code
 * embeddings-<id of the output shard>.parquet}.
 *
 * <p>A file is written under a temporary name and then renamed, so it is never visible in part. Its
 * name depends only on the output shard. A repeated attempt finds the file and leaves it unchanged.
 * So every output shard is written exactly once, and finished files remain if the job fails later.
 *
 * <p>Images that cannot be read or decoded are dead letters, which are written before the rows. The
 * dead letters of a bounded input are in {@code _swav/dead-letters/<id of the output shard>.jsonl}.
 * For a stream, there is one file of dead letters per image. An image has at most one dead letter,
 * and none if it has a row. A later attempt replaces or deletes it.
 *
 * <p>A folder takes the embeddings of one job at a time. Each worker claims the folder, and a job
 * that finds it in use fails in one line. So two jobs cannot write two rows of the same image.
 *
 * <p>A stream waits for a store that does not answer.
 *
 * <p>Images with a listing are skipped only if their file has the same content as when they were
 * embedded, according to {@link Fingerprints}. An archive may have grown. Each image of a changed
 * file is a dead letter.
 *
 * <p>An archive that is read from its beginning ({@code .tar.gz}) is read as a whole. If there is a
 * file of rows for its present length, the archive is skipped, even if rows of an earlier length
 * were deleted.
 *
 * <p>Metrics (namespace {@code EmbedImages}): those of {@link EmbedImages}; counters {@code files},
 * {@code repeatedShards} and {@code skipped}, images that an earlier run has finished; distribution
 * {@code writeMillis} per file.
 */
@Internal
public final class EmbedAndWrite extends PTransform<PCollection<OutputShard>, PCollection<String>> {
  private final Folder folder;
  private final InferenceSettings inference;
  private final FolderClaim.Work work;
  private final Patience patience;

  /**
   * Creates the transform.
   *
   * @param folder the folder, which may have embeddings of the same model; images that have a row
   *     are skipped
   * @param embedImages the settings of the embedding: model, precision, batch size and others
   * @param work the work that this is a part of
   * @param patience the patience with stores in a stream; bundles of a bounded input fail and are
   *     repeated instead
   */
  public EmbedAndWrite(
      Folder folder,
      EmbedImages<?, Embedding> embedImages,
      FolderClaim.Work work,
      Patience patience) {
    this.folder = folder;
    inference = embedImages.settings();
    this.work = work;
    this.patience = patience;
  }

  /** Returns the folder of incomplete files, including those of killed workers. */
  public static Folder unfinished(Folder embeddings) {
    return UnfinishedFile.in(embeddings);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    inference.populateDisplayData(builder);
    builder
        .add(DisplayData.item("folder", folder.path()).withLabel("Folder"))
        .add(DisplayData.item("job", work.job()).withLabel("Name of the job"));
  }

  /**
   * @return the names of the files
   */
  @Override
  public PCollection<String> expand(PCollection<OutputShard> shards) {
    boolean isBounded = shards.isBounded() == IsBounded.BOUNDED;
    WriteFn write = isBounded ? new WriteFn(this) : new StreamWriteFn(this);
    PCollection<String> names =
        shards
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply("EmbedAndWrite", ParDo.of(write))
            .setCoder(StringUtf8Coder.of());
    if (isBounded) {
      names
          .apply("InOneWindow", Window.into(new GlobalWindows()))
          .apply("AllAreWritten", Count.globally())
          .apply("TidyDeadLetters", ParDo.of(new TidyFn(folder, work.job())));
    }
    return names;
  }

  /** Deletes dead letters of earlier jobs of images that have a row now. */
  private static final class TidyFn extends DoFn<Long, Void> {
    private final Folder folder;
    private final String job;

    TidyFn(Folder folder, String job) {
      this.folder = folder;
      this.job = job;
    }

    @ProcessElement
    public void process() throws IOException {
      Set<String> current = EntryCounts.doneShards(folder, job);
      current.add(WriteDeadLetters.ARCHIVES);
      EarlierDeadLetters.tidyUp(folder, current);
    }
  }

  /**
   * Output shards of a stream depend on the arrival of images. A runner has to repeat exactly the
   * same shard, so stable input is required.
   */
  private static final class StreamWriteFn extends WriteFn {
    private final Patience patience;

    StreamWriteFn(EmbedAndWrite settings) {
      super(settings);
      patience = settings.patience;
    }

    @Override
    @Setup
    public void setup() throws IOException {
      patience.outlast(
          () -> {
            super.setup();
            return null;
          });
    }

    @Override
    @ProcessElement
    @RequiresStableInput
    public synchronized void process(@Element OutputShard shard, OutputReceiver<String> names)
        throws IOException {
      patience.outlast(
          () -> {
            super.process(shard, names);
            return null;
          });
    }

    /**
     * Writes one file per element, so that the file does not depend on other images of the shard.
     */
    @Override
    void write(OutputShard shard, Map<InputRef, List<DeadLetter>> letters) throws IOException {
      for (Map.Entry<InputRef, List<DeadLetter>> of : letters.entrySet()) {
        DeadLetterFiles.replace(deadLetters(), name(of.getKey()), of.getValue());
      }
    }

    @Override
    void remove(List<? extends InputRef> images) throws IOException {
      DeadLetterFiles.delete(deadLetters(), images.stream().map(StreamWriteFn::name).toList());
    }

    @Override
    void removeAll(OutputShard shard) throws IOException {
      remove(shard.load().images());
    }

    private static String name(InputRef image) {
      return DeadLetterFiles.name(image.source(), image.position());
    }

    /** The counts of a stream are not used. */
    @Override
    void count(String id, EntryCounts counts) {}

    @Override
    ProcessedImages processed(OutputShard shard) throws IOException {
      // A job may process an archive again after it has grown.
      return shard.mayHoldArchives() ? ProcessedImages.now(folder()) : super.processed(shard);
    }
  }

  /** Embeds and writes one output shard at a time. */
  static class WriteFn extends DoFn<OutputShard, String> {
    private final InferenceSettings inference;
    private final Folder folder;
    private final FolderClaim.Work work;
    private final Counter files = Metrics.counter(EmbedImages.METRICS, "files");
    private final Counter repeated = Metrics.counter(EmbedImages.METRICS, "repeatedShards");
    private final Counter skipped = Metrics.counter(EmbedImages.METRICS, "skipped");
    private final Distribution writeMillis =
        Metrics.distribution(EmbedImages.METRICS, "writeMillis");

    private transient SharedInstances<?, FolderClaim>.Reference claim;
    private transient EmbeddingWorker<InputRef> worker;
    private transient SharedInstances<?, ProcessedImages>.Reference processed;
    // The rows that may belong to images of the current output shard.
    private transient ProcessedImages.Rows rowsBefore;
    // The number of images of the current output shard that had a row before.
    private transient long earlier;

    WriteFn(EmbedAndWrite settings) {
      inference = settings.inference;
      folder = settings.folder;
      work = settings.work;
    }

    @Setup
    public void setup() throws IOException {
      if (claim == null) {
        claim = FolderClaim.ofWorker(folder, work);
      }
      if (worker == null) {
        worker = new EmbeddingWorker<>(inference);
      }
      processed = ProcessedImages.in(folder, work.job());
    }

    @ProcessElement
    public synchronized void process(@Element OutputShard shard, OutputReceiver<String> names)
        throws IOException {
      if (worker == null) {
        throw new IllegalStateException("torn down while a shard was waiting");
      }
      worker.begin();
      earlier = 0;
      ProcessedImages before = processed(shard);
      long whole = before.wholeRows(shard);
      if (whole > 0) {
        skipped.inc(whole);
        removeAll(shard);
        count(shard.id(), new EntryCounts(whole, 0, 0, whole, 0, Map.of()));
        return;
      }
      LoadedShard loaded = shard.load();
      Fingerprints fingerprints = shard.fingerprints();
      rowsBefore = before.rowsOf(loaded.images());
      Set<String> changed = before.changedFiles(loaded, fingerprints);
      // Images that an earlier run has finished are skipped. Images that it could not read are
      // tried again, in a file with another name.
      LoadedShard rest = loaded.filter(image -> !isOf(image, changed) && isWanted(image));
      boolean isAll = rest.images().size() == loaded.images().size();
      Location file = file(isAll ? shard.id() : rest.id());
      Location made = made(file, rest);
      if (made != null) {
        repeated.inc();
        names.output(made.uri());
        Set<RowKey> there = ProcessedImages.read(made);
        remove(
            loaded.images().stream()
                .filter(image -> !(image instanceof StreamedRef) && there.contains(key(image)))
                .toList());
        long letters = DeadLetterFiles.count(deadLetters(), shard.id());
        count(shard.id(), counts(loaded, 0, 0, earlier + there.size(), letters, Map.of(), changed));
        return;
      }
      worker.prefetch(rest.images());
      try (ShardFile rows = new ShardFile(fingerprints.only(files(rest)), before.isFixed())) {
        loaded.images().stream()
            .filter(image -> isOf(image, changed))
            .forEach(image -> rows.deadLetter(changedLetter(image), image));
        for (int i = 0; i < rest.images().size(); i++) {
          InputRef image = rest.images().get(i);
          byte[] content = rest.content(i);
          worker.add(image, () -> content, image, this::isWanted, rows);
        }
        worker.flush(rows);
        // Dead letters are written first. Once the rows exist, the shard is not processed again.
        write(shard, rows.deadLetters);
        if (rows.finish(file)) {
          files.inc();
          names.output(file.uri());
        }
        remove(
            loaded.images().stream()
                .filter(image -> !rows.deadLetters.containsKey(image))
                .toList());
        count(
            shard.id(),
            counts(
                loaded,
                rows.rows,
                rows.labelled,
                earlier,
                rows.deadLetters.values().stream().mapToLong(List::size).sum(),
                rows.sidecars.byExtension(),
                changed));
      }
    }

    private static boolean isOf(InputRef image, Set<String> files) {
      return image instanceof StoredRef stored && files.contains(stored.file().uri());
    }

    private static RowKey key(InputRef image) {
      return RowKey.of(image.source(), image.position());
    }

    final Folder deadLetters() {
      return DeadLetterFiles.of(folder);
    }

    final Folder folder() {
      return folder;
    }

    /** Returns the rows that the folder has. */
    ProcessedImages processed(OutputShard shard) throws IOException {
      return processed.get();
    }

    /**
     * Writes the dead letters of the images of an output shard. Called before its rows become
     * visible.
     */
    void write(OutputShard shard, Map<InputRef, List<DeadLetter>> letters) throws IOException {
      DeadLetterFiles.replace(
          deadLetters(), shard.id(), letters.values().stream().flatMap(List::stream).toList());
    }

    /** Deletes the dead letters of an output shard whose images all have rows. */
    void removeAll(OutputShard shard) throws IOException {
      // Done at the end of the job.
    }

    /** Deletes dead letters of earlier attempts of images that have rows now. */
    void remove(List<? extends InputRef> images) throws IOException {
      // Done at the end of the job, when all output shards are known.
    }

    void count(String id, EntryCounts counts) throws IOException {
      counts.write(folder, work.job(), id, EntryCounts.Kind.DONE);
    }

    private static Set<String> files(LoadedShard shard) {
      return shard.images().stream()
          .filter(StoredRef.class::isInstance)
          .map(image -> ((StoredRef) image).file().uri())
          .collect(Collectors.toSet());
    }

    private DeadLetter changedLetter(InputRef image) {
      return new DeadLetter(
          image.source(),
          image.name(),
          "list",
          "%s holds other bytes than when its images were embedded into %s: embed them into another folder"
              .formatted(((StoredRef) image).file(), folder),
          image.position(),
          ErrorKind.CHANGED_FILE);
    }

    /**
     * Returns the file of an earlier attempt, or null. Without a listing, its name depends on the
     * images.
     */
    private @Nullable Location made(Location file, LoadedShard rest) throws IOException {
      if (Stores.exists(file)) {
        return file;
      }
      Location byImages = file(rest.id());
      return !byImages.equals(file) && Stores.exists(byImages) ? byImages : null;
    }

    private Location file(String id) {
      return folder.file(EmbeddingFiles.name(id));
    }

    private static EntryCounts counts(
        LoadedShard loaded,
        long rows,
        long labelled,
        long before,
        long deadLetters,
        Map<String, Long> sidecars,
        Set<String> changed) {
      String first = changed.stream().min(Comparator.naturalOrder()).orElse("");
      return new EntryCounts(
          loaded.singleImages(), rows, labelled, before, deadLetters, sidecars, first);
    }

    private boolean isWanted(InputRef image) {
      if (rowsBefore.contain(image)) {
        skipped.inc();
        earlier++;
        return false;
      }
      return true;
    }

    /** Returns whether a label is more than the name of the folder of the image. */
    private boolean isLabelled(Embedding embedding) {
      return embedding.label() != null
          && (inference.hasLabelTable()
              || Formats.isInParts(embedding.source())
              || !Label.isOfFolder(embedding.source(), embedding.name(), embedding.label()));
    }

    /** The file of rows of one output shard while it is written. */
    private final class ShardFile implements EmbeddingWorker.Output<InputRef>, AutoCloseable {
      /** The dead letters by the image of the output shard. */
      private final Map<InputRef, List<DeadLetter>> deadLetters = new LinkedHashMap<>();

      private final SidecarCounts sidecars = new SidecarCounts();
      private long rows;
      private long labelled;
      private final UnfinishedFile file;

      ShardFile(Fingerprints fingerprints, boolean isFixed) {
        file = new UnfinishedFile(folder, work.job(), fingerprints, isFixed);
      }

      @Override
      public void embedding(Embedding embedding, InputRef of) throws IOException {
        file.write(embedding, worker.model());
        rows++;
        labelled += isLabelled(embedding) ? 1 : 0;
      }

      @Override
      public void deadLetter(DeadLetter letter, InputRef of) {
        deadLetters.computeIfAbsent(of, any -> new ArrayList<>()).add(letter);
      }

      @Override
      public void sidecar(String name) {
        sidecars.add(name);
      }

      /** Makes the file visible. Returns false if it has no rows. */
      boolean finish(Location finished) throws IOException {
        long millis = file.finish(finished);
        if (millis < 0) {
          return false;
        }
        writeMillis.update(millis);
        return true;
      }

      /** Deletes the incomplete file if the output shard has failed. */
      @Override
      public void close() throws IOException {
        file.close();
      }
    }

    // A runner may tear down after a failure while another thread is still embedding. The tensors
    // of that thread must not be freed.
    @Teardown
    public synchronized void teardown() throws IOException {
      if (worker != null) {
        worker.close();
        worker = null;
      }
      if (processed != null) {
        processed.close();
      }
      if (claim != null) {
        claim.close();
        claim = null;
      }
    }
  }
}
