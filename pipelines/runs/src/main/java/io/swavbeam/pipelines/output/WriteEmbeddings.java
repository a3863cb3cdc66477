package io.swavbeam.pipelines.output;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.listing.Fingerprints;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;

/**
 * Writes embeddings into a folder, in the same Parquet files as {@code EmbeddingRun}.
 *
 * <pre>{@code
 * EmbedImages<InputRef, Embedding> embedImages = EmbedImages.ofImages("runs/photos");
 * images
 *     .apply("Embed", embedImages)
 *     .embeddings()
 *     .apply("Write", WriteEmbeddings.to(Folder.of("embeddings"), embedImages.describe()));
 * }</pre>
 *
 * <p>The key of an embedding is its source and position. If several embeddings have the same key,
 * one is written. An embedding whose key is in the folder already is skipped. A file is never
 * visible in part. Its name is a digest of its keys, so a repeated attempt finds it.
 *
 * <p>A folder takes the embeddings of one job at a time. Each worker claims the folder, and a job
 * that finds it in use fails in one line.
 *
 * <p>A bounded input is divided by a hash of the keys into {@link #withNumShards} files. A runner
 * that finishes a stage before it starts the next one, such as Flink in batch mode, writes them at
 * the end. While a file is written, its keys are in memory, about 70 bytes each. Of an unbounded
 * input, a file is written when a group has {@value #MAX_ROWS} rows, or after {@link
 * #withMaxBatchDuration}. The runner has to support stable input then.
 *
 * <p>Metrics (namespace {@value #METRICS}): counters {@code files}, {@code rows}, {@code skipped}
 * (embeddings that were in the folder already) and {@code duplicates}.
 */
@AutoValue
public abstract class WriteEmbeddings
    extends PTransform<PCollection<Embedding>, PCollection<String>> {
  /** The namespace of the metrics. */
  public static final String METRICS = "WriteEmbeddings";

  static final int MAX_ROWS = 1024;

  private static final int NUM_SHARDS = 64;
  private static final int ID_LENGTH = 24;

  abstract Folder folder();

  abstract ModelDescription model();

  abstract FolderClaim.Work work();

  abstract int numShards();

  abstract Duration maxBatchDuration();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setFolder(Folder folder);

    abstract Builder setModel(ModelDescription model);

    abstract Builder setWork(FolderClaim.Work work);

    abstract Builder setNumShards(int numShards);

    abstract Builder setMaxBatchDuration(Duration duration);

    abstract WriteEmbeddings build();
  }

  /**
   * Writes into a folder.
   *
   * @param folder a new folder, or one that holds embeddings of the same model
   * @param model the model of the embeddings, with their id: {@link
   *     io.swavbeam.pipelines.embedding.EmbedImages#describe}
   */
  public static WriteEmbeddings to(Folder folder, ModelDescription model) {
    String job = UUID.randomUUID().toString();
    return new AutoValue_WriteEmbeddings.Builder()
        .setFolder(folder)
        .setModel(model)
        .setWork(FolderClaim.Work.begin(job, job, "job " + job))
        .setNumShards(NUM_SHARDS)
        .setMaxBatchDuration(Duration.ofSeconds(5))
        .build();
  }

  /** Sets the number of groups of embeddings, at least 1. The default is 64. */
  public WriteEmbeddings withNumShards(int numShards) {
    if (numShards < 1) {
      throw new IllegalArgumentException("there must be at least one shard, not " + numShards);
    }
    return toBuilder().setNumShards(numShards).build();
  }

  /**
   * Sets how long an embedding of an unbounded input waits for others at most. The default is 5
   * seconds.
   */
  public WriteEmbeddings withMaxBatchDuration(Duration duration) {
    return toBuilder().setMaxBatchDuration(duration).build();
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder
        .add(DisplayData.item("folder", folder().path()).withLabel("Folder"))
        .add(DisplayData.item("model", model().id()).withLabel("Model"));
  }

  /**
   * @return the names of the files
   */
  @Override
  public PCollection<String> expand(PCollection<Embedding> embeddings) {
    PCollection<KV<Integer, Embedding>> keyed =
        embeddings
            .apply("Key", ParDo.of(new KeyFn(numShards())))
            .setCoder(KvCoder.of(VarIntCoder.of(), RecordSchema.coder(Embedding.class)));
    if (embeddings.isBounded() == IsBounded.UNBOUNDED) {
      return keyed
          .apply(
              "Group",
              GroupIntoBatches.<Integer, Embedding>ofSize(MAX_ROWS)
                  .withMaxBufferingDuration(
                      org.joda.time.Duration.millis(maxBatchDuration().toMillis())))
          .apply("Write", ParDo.of(new StreamWriteFn(this)))
          .setCoder(StringUtf8Coder.of());
    }
    PCollection<String> names =
        keyed
            .apply("InOneWindow", Window.into(new GlobalWindows()))
            .apply("Group", GroupByKey.create())
            .apply("Write", ParDo.of(new WriteFn(this)))
            .setCoder(StringUtf8Coder.of());
    names
        .apply("AllAreWritten", Count.globally())
        .apply("TidyUp", ParDo.of(new TidyFn(UnfinishedFile.in(folder()).folder(work().job()))));
    return names;
  }

  private static final class KeyFn extends DoFn<Embedding, KV<Integer, Embedding>> {
    private final int numShards;

    KeyFn(int numShards) {
      this.numShards = numShards;
    }

    @ProcessElement
    public void process(
        @Element Embedding embedding, OutputReceiver<KV<Integer, Embedding>> output) {
      RowKey key = RowKey.of(embedding.source(), embedding.position());
      output.output(KV.of((int) Math.floorMod(key.high(), (long) numShards), embedding));
    }
  }

  /** Deletes files of failed attempts. */
  private static final class TidyFn extends DoFn<Long, Void> {
    private final Folder unfinished;

    TidyFn(Folder unfinished) {
      this.unfinished = unfinished;
    }

    @ProcessElement
    public void process() throws IOException {
      unfinished.delete();
    }
  }

  /**
   * The batches of a stream depend on when embeddings arrive, so a runner has to repeat exactly the
   * same batch.
   */
  private static final class StreamWriteFn extends WriteFn {
    StreamWriteFn(WriteEmbeddings settings) {
      super(settings);
    }

    @Override
    @ProcessElement
    @RequiresStableInput
    public synchronized void process(
        @Element KV<Integer, Iterable<Embedding>> group, OutputReceiver<String> names)
        throws IOException {
      super.process(group, names);
    }

    /** A batch of the same group may have been written since this worker has started. */
    @Override
    ProcessedImages processed() throws IOException {
      return ProcessedImages.now(folder());
    }
  }

  static class WriteFn extends DoFn<KV<Integer, Iterable<Embedding>>, String> {
    private final Folder folder;
    private final ModelDescription model;
    private final FolderClaim.Work work;
    private final Counter files = Metrics.counter(METRICS, "files");
    private final Counter rows = Metrics.counter(METRICS, "rows");
    private final Counter skipped = Metrics.counter(METRICS, "skipped");
    private final Counter duplicates = Metrics.counter(METRICS, "duplicates");

    private transient SharedInstances<?, FolderClaim>.Reference claim;
    private transient SharedInstances<?, ProcessedImages>.Reference processed;

    WriteFn(WriteEmbeddings settings) {
      folder = settings.folder();
      model = settings.model();
      work = settings.work();
    }

    @Setup
    public void setup() {
      claim = FolderClaim.ofWorker(folder, work);
      processed = ProcessedImages.in(folder, work.job());
    }

    final Folder folder() {
      return folder;
    }

    /** Returns the rows that the folder holds already. */
    ProcessedImages processed() throws IOException {
      return processed.get();
    }

    @ProcessElement
    public synchronized void process(
        @Element KV<Integer, Iterable<Embedding>> group, OutputReceiver<String> names)
        throws IOException {
      ProcessedImages before = processed();
      Set<RowKey> keys = new HashSet<>();
      // A sum does not depend on the order.
      long high = 0;
      long low = 0;
      try (UnfinishedFile file =
          new UnfinishedFile(folder, work.job(), Fingerprints.NONE, before.isFixed())) {
        for (Embedding embedding : group.getValue()) {
          requireModel(embedding);
          RowKey key = RowKey.of(embedding.source(), embedding.position());
          if (before.hold(embedding)) {
            skipped.inc();
          } else if (!keys.add(key)) {
            duplicates.inc();
          } else {
            high += key.high();
            low += key.low();
            file.write(embedding, model);
          }
        }
        if (keys.isEmpty()) {
          return;
        }
        String id = new Digest().add(keys.size()).add(high).add(low).hex(ID_LENGTH);
        Location finished = folder.file(EmbeddingFiles.name(id));
        if (!Stores.exists(finished)) {
          file.finish(finished);
          files.inc();
          rows.inc(keys.size());
        }
        names.output(finished.uri());
      }
    }

    private void requireModel(Embedding embedding) {
      if (!embedding.model().equals(model.id())) {
        throw new NonRecoverableException(
            "an embedding of model %s cannot be written as one of %s"
                .formatted(embedding.model(), model.id()));
      }
    }

    @Teardown
    public synchronized void teardown() {
      if (processed != null) {
        processed.close();
      }
      if (claim != null) {
        claim.close();
      }
    }
  }
}
