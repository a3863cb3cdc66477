package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ImageEmbedding;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageReader;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.jvm.PerJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.joda.time.Instant;
import org.tensorflow.types.TUint8;

/** Reads, decodes and embeds; holds one batch, which it empties at the end of each bundle. */
final class EmbedFn extends DoFn<ImageRef, Embedding> {
  private static final PerJvm<String, Network> NETWORKS =
      new PerJvm<>(Network::new, Network::close);

  private final String model;
  private final int batchSize;
  private final Counter images = Metrics.counter("EmbedImages", "images");
  private final Counter batches = Metrics.counter("EmbedImages", "batches");
  private final Counter bytes = Metrics.counter("EmbedImages", "bytes");
  private final Counter failures = Metrics.counter("EmbedImages", "failures");
  private final Distribution inferenceMillis =
      Metrics.distribution("EmbedImages", "inferenceMillis");
  private final Distribution modelLoadMillis =
      Metrics.distribution("EmbedImages", "modelLoadMillis");

  private transient PerJvm<String, Network>.Lease network;
  private transient ImageReader reader;
  private transient Embedder.Batch batch;
  private transient List<Waiting> waiting;

  EmbedFn(String model, int batchSize) {
    this.model = model;
    this.batchSize = batchSize;
  }

  /** What all threads of a process share. */
  private static final class Network {
    final ImageDecoder decoder = new ImageDecoder();
    final Embedder embedder;
    final long loadMillis;
    boolean loadReported;

    Network(String model) {
      long start = System.nanoTime();
      embedder = Embedder.load(Path.of(model));
      loadMillis = (System.nanoTime() - start) / 1_000_000;
    }

    void close() {
      embedder.close();
      decoder.close();
    }
  }

  /** An image in the batch, and where and when it came. */
  private record Waiting(ImageRef ref, Instant timestamp, BoundedWindow window, PaneInfo pane) {
    Waiting of(ImageRef inStream) {
      return new Waiting(inStream, timestamp, window, pane);
    }
  }

  /** Where results go: the outputs of an element, or of the end of a bundle. */
  private interface Output {
    void embedding(Embedding embedding, Waiting image);
  }

  @Setup
  public void setup() {
    network = NETWORKS.lease(model);
    reader = new ImageReader();
    batch = network.get().embedder.batch(batchSize);
    waiting = new ArrayList<>(batchSize);
  }

  @StartBundle
  public void startBundle() {
    // A bundle that failed may have left images behind; they come again.
    waiting.clear();
    batch.clear();
    Network loaded = network.get();
    synchronized (loaded) {
      if (!loaded.loadReported) {
        loaded.loadReported = true;
        modelLoadMillis.update(loaded.loadMillis);
      }
    }
  }

  @ProcessElement
  public void process(
      @Element ImageRef ref,
      @Timestamp Instant timestamp,
      BoundedWindow window,
      PaneInfo pane,
      MultiOutputReceiver receiver) {
    Waiting element = new Waiting(ref, timestamp, window, pane);
    OutputReceiver<DeadLetter> deadLetters = receiver.get(EmbedImages.DEAD_LETTERS);
    // A full batch holds images of earlier elements, which keep their own windows.
    Output output =
        (embedding, image) ->
            receiver
                .get(EmbedImages.EMBEDDINGS)
                .outputWindowedValue(
                    embedding, image.timestamp(), List.of(image.window()), image.pane());
    try {
      if (ref.isStream()) {
        Archives.readStream(
            ref, (image, content) -> add(element.of(image), content, output, deadLetters));
      } else {
        add(element, reader.read(ref), output, deadLetters);
      }
    } catch (IOException e) {
      failures.inc();
      deadLetters.output(new DeadLetter(ref.uri(), ref.name(), "read", Archives.describe(e)));
    }
  }

  private void add(
      Waiting image, byte[] content, Output output, OutputReceiver<DeadLetter> deadLetters) {
    ImageRef ref = image.ref();
    bytes.inc(content.length);
    try (TUint8 pixels = network.get().decoder.decode(content, ref.encoding())) {
      batch.add(pixels);
    } catch (UndecodableImageException e) {
      failures.inc();
      deadLetters.output(new DeadLetter(ref.uri(), ref.name(), "decode", e.getMessage()));
      return;
    }
    waiting.add(image);
    if (batch.isFull()) {
      embed(output);
    }
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    embed(
        (embedding, image) ->
            context.output(EmbedImages.EMBEDDINGS, embedding, image.timestamp(), image.window()));
  }

  private void embed(Output output) {
    if (waiting.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    List<ImageEmbedding> results = batch.embed();
    inferenceMillis.update((System.nanoTime() - start) / 1_000_000);
    batches.inc();
    images.inc(results.size());
    String id = network.get().embedder.description().id();
    for (int i = 0; i < results.size(); i++) {
      Waiting image = waiting.get(i);
      ImageEmbedding result = results.get(i);
      output.embedding(
          new Embedding(
              image.ref().uri(),
              image.ref().name(),
              image.ref().label(),
              result.features(),
              result.projection(),
              result.cluster(),
              result.clusterProbability(),
              id),
          image);
    }
    waiting.clear();
  }

  @Teardown
  public void teardown() throws IOException {
    if (batch != null) {
      batch.close();
    }
    if (reader != null) {
      reader.close();
    }
    if (network != null) {
      network.close();
    }
  }
}
