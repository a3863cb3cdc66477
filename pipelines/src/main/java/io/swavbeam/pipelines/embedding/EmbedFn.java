package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.ImageRef;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.joda.time.Instant;

/** Embeds single images; its batch is emptied at the end of each bundle. */
final class EmbedFn extends DoFn<ImageRef, Embedding> {
  private final InferenceSettings inference;

  private transient EmbeddingWorker<Place> worker;

  EmbedFn(InferenceSettings inference) {
    this.inference = inference;
  }

  /** Where and when an image came, and its embedding belongs. */
  private record Place(Instant timestamp, BoundedWindow window, PaneInfo pane) {}

  @Setup
  public void setup() {
    worker = new EmbeddingWorker<>(inference);
  }

  @StartBundle
  public synchronized void startBundle() {
    // A bundle that failed may have left images behind; they come again.
    worker.begin();
  }

  @ProcessElement
  public synchronized void process(
      @Element ImageRef ref,
      @Timestamp Instant timestamp,
      BoundedWindow window,
      PaneInfo pane,
      MultiOutputReceiver receiver)
      throws IOException {
    if (worker == null) {
      throw new IllegalStateException("torn down while an image was waiting");
    }
    // A full batch holds images of earlier elements, which keep their own windows.
    worker.add(
        ref,
        new Place(timestamp, window, pane),
        any -> true,
        new EmbeddingWorker.Output<>() {
          @Override
          public void embedding(Embedding embedding, Place place) {
            receiver
                .get(EmbedImages.EMBEDDINGS)
                .outputWindowedValue(
                    embedding, place.timestamp(), List.of(place.window()), place.pane());
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            receiver.get(EmbedImages.DEAD_LETTERS).output(letter);
          }
        });
  }

  @FinishBundle
  public synchronized void finishBundle(FinishBundleContext context) throws IOException {
    worker.flush(
        new EmbeddingWorker.Output<>() {
          @Override
          public void embedding(Embedding embedding, Place place) {
            context.output(EmbedImages.EMBEDDINGS, embedding, place.timestamp(), place.window());
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            throw new IllegalStateException("an image in the batch was read and decoded");
          }
        });
  }

  // A runner that gives up tears down while another thread may still be at work: its tensors must
  // not be freed under it.
  @Teardown
  public synchronized void teardown() throws IOException {
    if (worker != null) {
      worker.close();
      worker = null;
    }
  }
}
