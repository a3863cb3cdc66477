package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SidecarCounts;
import io.swavbeam.pipelines.listing.ImageSlice;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;

/**
 * Embeds slices of images, a Parquet file each: {@code embeddings-<id of the slice>.parquet}.
 *
 * <p>A file is written under another name and gets its own in one move, so that it is visible whole
 * or not at all. Its name depends on the slice alone: an attempt that is repeated, for whatever
 * reason, finds the file there and leaves it. So every slice is written exactly once, and what is
 * finished is there although the job may fail later. What could not be read or decoded is in {@code
 * dead-letters/<id of the slice>.jsonl} before that.
 *
 * <p>A stream ({@code .tar.gz}) is read whole or not at all: while a file of its present length is
 * there, nothing of it is made again, not even rows that were in the file of an earlier length and
 * have been deleted since.
 *
 * <p>Metrics (namespace {@code EmbedImages}): those of {@link EmbedImages}, and counters {@code
 * files}, {@code repeatedSlices} and {@code skipped}, images that an earlier run has finished;
 * distribution {@code writeMillis} a file.
 */
public final class EmbedToParquet extends PTransform<PCollection<ImageSlice>, PCollection<String>> {
  /** Folder of what could not be read, in the folder of the embeddings. */
  public static final String DEAD_LETTERS = "dead-letters";

  /** Folder of what is being written; leftovers of killed workers may be in it. */
  public static final String UNFINISHED = ".unfinished";

  private final InferenceSettings inference;
  private final Folder folder;
  private final FinishedImages finished;
  private final String job;

  private EmbedToParquet(
      InferenceSettings inference, Folder folder, FinishedImages finished, String job) {
    this.inference = inference;
    this.folder = folder;
    this.finished = finished;
    this.job = job;
  }

  /**
   * With the network of a run.
   *
   * @param model run directory, or a {@code saved_model/} folder: a path or a URI that every worker
   *     can read
   * @param folder to write into
   */
  public static EmbedToParquet of(String model, Folder folder) {
    return new EmbedToParquet(
        InferenceSettings.of(model),
        folder,
        new FinishedImages(List.of()),
        UUID.randomUUID().toString());
  }

  /** Type of the backbone's activations: float32 or bfloat16. */
  public EmbedToParquet withPrecision(Precision precision) {
    return with(inference.withPrecision(precision));
  }

  /** How pictures become pixels, instead of as in the model's training. */
  public EmbedToParquet withDecoding(DecodingConfig decoding) {
    return with(inference.withDecoding(decoding));
  }

  /** Images that the network sees at once, at least 1. */
  public EmbedToParquet withBatchSize(int batchSize) {
    return with(inference.withBatchSize(batchSize));
  }

  /** Seconds between two looks for a newer model; 0 for none. */
  public EmbedToParquet withRefreshSeconds(int refreshSeconds) {
    return with(inference.withRefreshSeconds(refreshSeconds));
  }

  /** The same with other limits on images. */
  public EmbedToParquet withLimits(ImageLimits limits) {
    return with(inference.withLimits(limits));
  }

  private EmbedToParquet with(InferenceSettings newInference) {
    return new EmbedToParquet(newInference, folder, finished, job);
  }

  /** Leaves out what is finished already. */
  public EmbedToParquet without(FinishedImages newFinished) {
    return new EmbedToParquet(inference, folder, newFinished, job);
  }

  /**
   * The same under another name: unfinished files and counts of jobs with different names are kept
   * apart, so that two jobs may embed into one folder.
   */
  public EmbedToParquet withJob(String newJob) {
    return new EmbedToParquet(inference, folder, finished, newJob);
  }

  /**
   * @return the names of the files
   */
  @Override
  public PCollection<String> expand(PCollection<ImageSlice> slices) {
    WriteFn write =
        slices.isBounded() == IsBounded.BOUNDED ? new WriteFn(this) : new StableWriteFn(this);
    return slices
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("EmbedAndWrite", ParDo.of(write))
        .setCoder(StringUtf8Coder.of());
  }

  /**
   * Slices of a stream depend on when their images came. A runner that repeats them has to repeat
   * the very same ones: with this it does.
   */
  static final class StableWriteFn extends WriteFn {
    StableWriteFn(EmbedToParquet settings) {
      super(settings);
    }

    @Override
    @ProcessElement
    @RequiresStableInput
    public synchronized void process(@Element ImageSlice slice, OutputReceiver<String> names)
        throws IOException {
      super.process(slice, names);
    }
  }

  /** Embeds and writes one slice after the other. */
  static class WriteFn extends DoFn<ImageSlice, String> {
    private final InferenceSettings inference;
    private final Folder folder;
    private final FinishedImages finishedImages;
    private final String job;
    private final Counter files = Metrics.counter("EmbedImages", "files");
    private final Counter repeated = Metrics.counter("EmbedImages", "repeatedSlices");
    private final Counter skipped = Metrics.counter("EmbedImages", "skipped");
    private final Distribution writeMillis = Metrics.distribution("EmbedImages", "writeMillis");

    private transient EmbeddingWorker<Boolean> worker;
    private transient FinishedImages.Lookup finished;
    // Images of the slice at hand whose rows were there before.
    private transient long earlier;

    WriteFn(EmbedToParquet settings) {
      inference = settings.inference;
      folder = settings.folder;
      finishedImages = settings.finished;
      job = settings.job;
    }

    @Setup
    public void setup() {
      worker = new EmbeddingWorker<>(inference);
      finished = finishedImages.open();
    }

    @ProcessElement
    public synchronized void process(@Element ImageSlice slice, OutputReceiver<String> names)
        throws IOException {
      if (worker == null) {
        throw new IllegalStateException("torn down while a slice was waiting");
      }
      worker.begin();
      earlier = 0;
      // What an earlier run has finished is no part of this one, so what it could not read is tried
      // again, under another name.
      ImageSlice rest = slice.filter(this::isWanted);
      Location file = folder.file("embeddings-%s.parquet".formatted(rest.id()));
      if (Storage.exists(file)) {
        repeated.inc();
        names.output(file.uri());
        long there = EmbeddingFiles.rows(EmbeddingFiles.summaries(List.of(file)));
        count(
            slice,
            0,
            earlier + there,
            DeadLetterFiles.count(folder.folder(DEAD_LETTERS), slice.id()),
            Map.of());
        return;
      }
      if (rest.contents().isEmpty()) {
        worker.expect(rest.images());
      }
      try (SliceFile rows = new SliceFile()) {
        for (int i = 0; i < rest.images().size(); i++) {
          ImageRef image = rest.images().get(i);
          if (rest.contents().isEmpty()) {
            worker.add(image, true, this::isWanted, rows);
          } else {
            worker.add(image, rest.contents().get(i), true, rows);
          }
        }
        worker.flush(rows);
        // First, since whoever finds the rows looks no further.
        DeadLetterFiles.replace(folder.folder(DEAD_LETTERS), slice.id(), rows.deadLetters);
        if (rows.finish(file)) {
          files.inc();
          names.output(file.uri());
        }
        count(slice, rows.rows, earlier, rows.deadLetters.size(), rows.sidecars.byExtension());
      }
    }

    private void count(
        ImageSlice slice, long rows, long before, long deadLetters, Map<String, Long> sidecars)
        throws IOException {
      long images = slice.images().stream().filter(image -> !image.isStream()).count();
      new EntryCounts(images, rows, before, deadLetters, sidecars)
          .write(folder, job, slice.id(), EntryCounts.Kind.DONE);
    }

    private boolean isWanted(ImageRef image) {
      if (!image.isStream() && finished.contains(image)) {
        skipped.inc();
        earlier++;
        return false;
      }
      return true;
    }

    /** The rows of one slice, on their way into a file. */
    private final class SliceFile implements EmbeddingWorker.Output<Boolean>, AutoCloseable {
      private final List<DeadLetter> deadLetters = new ArrayList<>();
      private final SidecarCounts sidecars = new SidecarCounts();
      private long rows;
      private final Location unfinished =
          folder.folder(UNFINISHED).folder(job).file(UUID.randomUUID() + ".parquet");
      private EmbeddingFiles.Writer writer;
      private long nanos;

      @Override
      public void embedding(Embedding embedding, Boolean context) throws IOException {
        long start = System.nanoTime();
        try {
          if (writer == null) {
            writer = new EmbeddingFiles.Writer(Storage.create(unfinished), worker.model());
          }
          writer.write(embedding);
        } catch (IOException e) {
          throw unwritable(e);
        }
        rows++;
        nanos += System.nanoTime() - start;
      }

      @Override
      public void deadLetter(DeadLetter letter) {
        deadLetters.add(letter);
      }

      @Override
      public void sidecar(String name) {
        sidecars.add(name);
      }

      /** Makes the file visible, unless there is no row. */
      boolean finish(Location file) throws IOException {
        if (writer == null) {
          return false;
        }
        long start = System.nanoTime();
        try {
          writer.close();
        } catch (IOException e) {
          throw unwritable(e);
        }
        writer = null;
        Storage.move(unfinished, file, StandardMoveOptions.SKIP_IF_DESTINATION_EXISTS);
        writeMillis.update((nanos + System.nanoTime() - start) / 1_000_000);
        return true;
      }

      /** A disk that is full does not say which. */
      private IOException unwritable(IOException e) {
        return new IOException("%s cannot be written: %s".formatted(unfinished, e.getMessage()), e);
      }

      /** Where the slice has failed, its file is left unfinished and goes. */
      @Override
      public void close() throws IOException {
        if (writer != null) {
          writer.close();
          Storage.delete(List.of(unfinished));
        }
      }
    }

    // A runner that gives up tears down while another thread may still be embedding: its tensors
    // must not be freed under it.
    @Teardown
    public synchronized void teardown() throws IOException {
      if (worker != null) {
        worker.close();
        worker = null;
      }
      if (finished != null) {
        finished.close();
      }
    }
  }
}
