package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Duration;
import org.joda.time.Instant;

/** Embeds the elements of a bundle in batches. The last batch has the rest of the bundle. */
final class EmbedFn<InputT, OutputT>
    extends EmbedderFn<InputT, InputT, OutputT, EmbedFn.Waiting<InputT>> {
  private transient List<Waiting<InputT>> waiting;
  private transient long waitingBytes;

  EmbedFn(
      ImageInput<InputT, OutputT> input,
      InferenceSettings settings,
      TupleTag<OutputT> embeddings,
      TupleTag<DeadLetter> failures) {
    super(input, settings, embeddings, failures);
  }

  /** An element with its timestamp, its window and its pane, which its result gets. */
  record Waiting<InputT>(InputT element, Instant timestamp, BoundedWindow window, PaneInfo pane) {}

  /**
   * Earlier elements of a bundle are output with a later one. Until then they hold the watermark.
   */
  @Override
  @SuppressWarnings("deprecation") // Beam names no replacement
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @StartBundle
  public synchronized void startBundle() {
    // A bundle that failed may have left elements here. They are delivered again.
    waiting = new ArrayList<>();
    waitingBytes = 0;
  }

  @ProcessElement
  public synchronized void process(
      @Element InputT element,
      @Timestamp Instant timestamp,
      BoundedWindow window,
      PaneInfo pane,
      MultiOutputReceiver receiver)
      throws IOException {
    waiting.add(new Waiting<>(element, timestamp, window, pane));
    waitingBytes += input.waitingBytes(element);
    if (waiting.size() < settings.batchSize() && waitingBytes < EmbedImages.MAX_WAITING_BYTES) {
      return;
    }
    // The batch holds earlier elements, which keep their own windows.
    embedWaiting(
        new BatchEmbedder.Output<>() {
          @Override
          public void embedding(OutputT embedding, Waiting<InputT> of) {
            receiver
                .get(embeddings)
                .outputWindowedValue(embedding, of.timestamp(), List.of(of.window()), of.pane());
          }

          @Override
          public void failure(DeadLetter letter, Waiting<InputT> of) {
            receiver
                .get(failures)
                .outputWindowedValue(letter, of.timestamp(), List.of(of.window()), of.pane());
          }
        });
  }

  @FinishBundle
  public synchronized void finishBundle(FinishBundleContext context) throws IOException {
    embedWaiting(
        new BatchEmbedder.Output<>() {
          @Override
          public void embedding(OutputT embedding, Waiting<InputT> of) {
            context.output(embeddings, embedding, of.timestamp(), of.window());
          }

          @Override
          public void failure(DeadLetter letter, Waiting<InputT> of) {
            context.output(failures, letter, of.timestamp(), of.window());
          }
        });
  }

  private void embedWaiting(BatchEmbedder.Output<OutputT, Waiting<InputT>> output)
      throws IOException {
    embed(waiting, Waiting::element, output);
    waiting.clear();
    waitingBytes = 0;
  }
}
