package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ImageEmbedding;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads, decodes and embeds images in batches, for one thread.
 *
 * @param <C> the context of an image, which its embedding gets
 */
@Internal
public final class EmbeddingWorker<C> implements AutoCloseable {
  /** Receives the results of the images, in order. */
  public interface Output<C> {
    void embedding(Embedding embedding, C context) throws IOException;

    void deadLetter(DeadLetter letter, C context);

    /**
     * Called for each entry of an archive that is read from its beginning, if the entry is not an
     * image.
     */
    default void sidecar(String name) {}
  }

  /** The source of the bytes of an image. */
  public interface Content {
    /** Returns the bytes; null to read them by the reference of the image. */
    byte @Nullable [] read() throws IOException, UndecodableImageException;
  }

  private record Waiting<C>(Subject image, C context) {}

  /** The properties of an image other than its bytes. */
  private record Subject(InputRef ref, ImageEncoding encoding, @Nullable String label) {
    static Subject of(InputRef ref) {
      return ref instanceof ImageRef image
          ? new Subject(ref, image.encoding(), image.label())
          : new Subject(ref, ImageEncoding.FILE, null);
    }
  }

  private final Counter inferences = Metrics.counter(EmbedImages.METRICS, "num_inferences");
  private final Distribution batchSizes =
      Metrics.distribution(EmbedImages.METRICS, "inference_request_batch_size");
  private final Distribution inferenceMicros =
      Metrics.distribution(EmbedImages.METRICS, "inference_batch_latency_micro_secs");
  private final Counter halvings = Metrics.counter(EmbedImages.METRICS, "batch_size_halvings");
  private final Counter bytes = Metrics.counter(EmbedImages.METRICS, "bytes");
  private final Counter failures = Metrics.counter(EmbedImages.METRICS, "failures");
  private final Counter unreadable = Metrics.counter(EmbedImages.METRICS, "failuresOfReading");
  private final Counter undecodable = Metrics.counter(EmbedImages.METRICS, "failuresOfDecoding");
  private final Distribution readMicros = Metrics.distribution(EmbedImages.METRICS, "readMicros");
  private final Distribution decodeMicros =
      Metrics.distribution(EmbedImages.METRICS, "decodeMicros");

  private static final String NOT_FINITE =
      "its embedding is not finite: take a model whose training has not diverged";

  private final int batchSize;
  private final ModelHandle model;
  private final ImageLimits limits;
  private final SampleFields fields;
  private final SharedInstances<LabelTable.Source, LabelTable>.@Nullable Reference labels;
  private final ImageReader reader;
  private final List<Waiting<C>> waiting = new ArrayList<>();
  private Embedder.Batch batch;

  public EmbeddingWorker(InferenceSettings settings) {
    batchSize = settings.batchSize();
    limits = settings.limits();
    fields = settings.fields();
    labels = settings.labelTable() == null ? null : LabelTable.shared(settings.labelTable());
    reader = new ImageReader(limits);
    model = new ModelHandle(settings);
    batch = model.get().embedder.batch(batchSize);
  }

  /** Discards the state of a failed attempt, and checks for a newer model. */
  public void begin() {
    waiting.clear();
    batch.clear();
    if (model.refresh()) {
      batch.close();
      batch = model.get().embedder.batch(batchSize);
    }
    model.reportLoad();
  }

  /** Returns the current model, which changes in {@link #begin} only. */
  public ModelDescription model() {
    return model.get().embedder.description();
  }

  /** Announces the images that will be added, in this order. */
  public void prefetch(List<? extends InputRef> refs) {
    reader.prefetch(
        refs.stream().filter(ImageRef.class::isInstance).map(ImageRef.class::cast).toList());
  }

  /**
   * Adds an image, or all images of an archive that is read from its beginning.
   *
   * @param content the source of the bytes of the image
   * @param wanted selects images of an archive
   */
  @SuppressWarnings("try") // memory is held, not used
  public void add(
      InputRef ref, Content content, C context, Predicate<InputRef> wanted, Output<C> output)
      throws IOException {
    if (ref instanceof StreamedRef archive) {
      streamed(archive, context, wanted, output);
      return;
    }
    try (MemoryBudget.Share memory = MemoryBudget.ENCODED.take(memory(ref))) {
      byte[] read;
      try {
        long start = System.nanoTime();
        byte[] given = content.read();
        read = given == null ? reader.read((ImageRef) ref) : given;
        readMicros.update((System.nanoTime() - start) / 1_000);
      } catch (UndecodableImageException e) {
        letter(ref, e.kind(), e.getMessage(), context, output);
        return;
      } catch (IOException e) {
        letter(ref, PassingErrors.kind(e), PassingErrors.describe(e), context, output);
        return;
      }
      decode(ref, read, context, output);
    }
  }

  private long memory(InputRef ref) {
    return ref instanceof BytesRef bytesRef ? bytesRef.length() : reader.memory((ImageRef) ref);
  }

  private void streamed(StreamedRef ref, C context, Predicate<InputRef> wanted, Output<C> output)
      throws IOException {
    try (ArchiveReader archive = ArchiveReader.read(ref, limits, fields)) {
      for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
        if (entry instanceof Entry.Image image) {
          if (wanted.test(image.ref())) {
            decode(image.ref(), image.bytes(), context, output);
          }
        } else if (entry instanceof Entry.Unusable unusable) {
          failures.inc();
          unreadable.inc();
          output.deadLetter(unusable.letter(), context);
        } else if (entry instanceof Entry.Sidecar sidecar) {
          output.sidecar(sidecar.name());
        }
      }
    }
  }

  private void letter(InputRef ref, ErrorKind kind, String why, C context, Output<C> output) {
    failures.inc();
    unreadable.inc();
    output.deadLetter(letter(ref, "read", kind, why), context);
  }

  private static DeadLetter letter(InputRef ref, String stage, ErrorKind kind, String why) {
    return new DeadLetter(ref.source(), ref.name(), stage, why, ref.position(), kind);
  }

  @SuppressWarnings("try") // memory is held, not used
  private void decode(InputRef ref, byte[] content, C context, Output<C> output)
      throws IOException {
    bytes.inc(content.length);
    Subject image = Subject.of(ref);
    long start = System.nanoTime();
    try (MemoryBudget.Share memory =
            MemoryBudget.PIXELS.take(ImageDecoder.memory(content, image.encoding()));
        Picture picture =
            model.get().decoder.decode(content, image.encoding(), limits, batch::reduction)) {
      batch.add(picture);
    } catch (UndecodableImageException e) {
      failures.inc();
      undecodable.inc();
      output.deadLetter(letter(ref, "decode", e.kind(), e.getMessage()), context);
      return;
    }
    decodeMicros.update((System.nanoTime() - start) / 1_000);
    waiting.add(new Waiting<>(image, context));
    if (batch.isFull()) {
      flush(output);
    }
  }

  /** Embeds the images of the batch. */
  public void flush(Output<C> output) throws IOException {
    if (waiting.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    List<ImageEmbedding> results = batch.embed(() -> halvings.inc());
    inferenceMicros.update((System.nanoTime() - start) / 1_000);
    batchSizes.update(results.size());
    inferences.inc(results.size());
    String id = model().id();
    for (int i = 0; i < results.size(); i++) {
      Subject image = waiting.get(i).image();
      InputRef ref = image.ref();
      ImageEmbedding result = results.get(i);
      if (!result.isFinite()) {
        failures.inc();
        output.deadLetter(
            letter(ref, "embed", ErrorKind.NOT_FINITE, NOT_FINITE), waiting.get(i).context());
        continue;
      }
      output.embedding(
          new Embedding(
              ref.source(),
              ref.position(),
              ref.name(),
              labels == null ? image.label() : labels.get().labelOf(ref.name()),
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
    model.close();
    if (labels != null) {
      labels.close();
    }
  }
}
