package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ImageEmbedding;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageReader;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SequentialArchive;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.tensorflow.types.TUint8;

/**
 * Reads, decodes and embeds for one thread, a batch at a time.
 *
 * @param <C> what an image brings along and its embedding gets
 */
final class EmbeddingWorker<C> implements AutoCloseable {
  /** Gets what becomes of the images, in their order. */
  interface Output<C> {
    void embedding(Embedding embedding, C context) throws IOException;

    void deadLetter(DeadLetter letter);

    /** Called for each entry of a sequential archive that stands beside images and is none. */
    default void sidecar(String name) {}
  }

  private record Waiting<C>(ImageRef ref, C context) {}

  private final Counter images = Metrics.counter("EmbedImages", "images");
  private final Counter batches = Metrics.counter("EmbedImages", "batches");
  private final Counter bytes = Metrics.counter("EmbedImages", "bytes");
  private final Counter failures = Metrics.counter("EmbedImages", "failures");
  private final Counter unreadable = Metrics.counter("EmbedImages", "failuresOfReading");
  private final Counter undecodable = Metrics.counter("EmbedImages", "failuresOfDecoding");
  private final Distribution readMicros = Metrics.distribution("EmbedImages", "readMicros");
  private final Distribution decodeMicros = Metrics.distribution("EmbedImages", "decodeMicros");
  private final Distribution inferenceMillis =
      Metrics.distribution("EmbedImages", "inferenceMillis");

  private final int batchSize;
  private final Networks networks;
  private final ImageLimits limits;
  private final ImageReader reader;
  private final List<Waiting<C>> waiting = new ArrayList<>();
  private Embedder.Batch batch;

  EmbeddingWorker(InferenceSettings settings) {
    batchSize = settings.batchSize();
    limits = settings.limits();
    reader = new ImageReader(limits);
    networks = new Networks(settings);
    batch = networks.get().embedder.batch(batchSize);
  }

  /** Forgets what an attempt that failed has left behind, and looks for a newer model. */
  void begin() {
    waiting.clear();
    batch.clear();
    if (networks.refresh()) {
      batch.close();
      batch = networks.get().embedder.batch(batchSize);
    }
    networks.reportLoad();
  }

  /** The model in use, the same until {@link #begin}. */
  ModelDescription model() {
    return networks.get().embedder.description();
  }

  /** Announces what will be added, in this order. */
  void expect(List<ImageRef> refs) {
    reader.expect(refs);
  }

  /**
   * Takes an image, or all images of a stream.
   *
   * @param wanted of a stream's images
   */
  @SuppressWarnings("try") // memory is held, not used
  void add(ImageRef ref, C context, Predicate<ImageRef> wanted, Output<C> output)
      throws IOException {
    if (ref.isStream()) {
      sequential(ref, context, wanted, output);
      return;
    }
    try (MemoryBudget.Share memory = MemoryBudget.ENCODED.take(reader.memory(ref))) {
      byte[] content;
      try {
        long start = System.nanoTime();
        content = reader.read(ref);
        readMicros.update((System.nanoTime() - start) / 1_000);
      } catch (UndecodableImageException e) {
        letter(ref, e.getMessage(), output);
        return;
      } catch (IOException e) {
        letter(ref, Archives.describe(e), output);
        return;
      }
      add(ref, content, context, output);
    }
  }

  private void sequential(ImageRef ref, C context, Predicate<ImageRef> wanted, Output<C> output)
      throws IOException {
    SequentialArchive.read(
        ref,
        limits,
        new SequentialArchive.Visitor() {
          @Override
          public void image(ImageRef image, byte[] content) throws IOException {
            if (wanted.test(image)) {
              add(image, content, context, output);
            }
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            failures.inc();
            unreadable.inc();
            output.deadLetter(letter);
          }

          @Override
          public void sidecar(String name) {
            output.sidecar(name);
          }
        });
  }

  private void letter(ImageRef ref, String why, Output<C> output) {
    failures.inc();
    unreadable.inc();
    output.deadLetter(new DeadLetter(ref.source(), ref.name(), "read", why));
  }

  /** Takes an image whose bytes are there. */
  @SuppressWarnings("try") // memory is held, not used
  void add(ImageRef ref, byte[] content, C context, Output<C> output) throws IOException {
    bytes.inc(content.length);
    long start = System.nanoTime();
    try (MemoryBudget.Share memory =
            MemoryBudget.PIXELS.take(ImageDecoder.memory(content, ref.encoding()));
        TUint8 pixels = networks.get().decoder.decode(content, ref.encoding(), limits)) {
      batch.add(pixels);
    } catch (UndecodableImageException e) {
      failures.inc();
      undecodable.inc();
      output.deadLetter(new DeadLetter(ref.source(), ref.name(), "decode", e.getMessage()));
      return;
    }
    decodeMicros.update((System.nanoTime() - start) / 1_000);
    waiting.add(new Waiting<>(ref, context));
    if (batch.isFull()) {
      flush(output);
    }
  }

  /** Embeds what is in the batch. */
  void flush(Output<C> output) throws IOException {
    if (waiting.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    List<ImageEmbedding> results = batch.embed();
    inferenceMillis.update((System.nanoTime() - start) / 1_000_000);
    batches.inc();
    images.inc(results.size());
    String id = model().id();
    for (int i = 0; i < results.size(); i++) {
      ImageRef ref = waiting.get(i).ref();
      ImageEmbedding result = results.get(i);
      output.embedding(
          new Embedding(
              ref.source(),
              ref.position(),
              ref.name(),
              ref.label(),
              result.features(),
              result.projection(),
              result.cluster(),
              result.clusterProbability(),
              id),
          waiting.get(i).context());
    }
    waiting.clear();
  }

  @Override
  public void close() throws IOException {
    batch.close();
    reader.close();
    networks.close();
  }
}
