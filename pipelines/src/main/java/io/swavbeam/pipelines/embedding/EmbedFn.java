package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Duration;
import org.joda.time.Instant;

/** Embeds the elements of a bundle, a batch at a time; the last is what the bundle leaves over. */
final class EmbedFn<InputT, OutputT> extends DoFn<InputT, OutputT> {
  private final ImageInput<InputT, OutputT> input;
  private final InferenceSettings settings;
  private final TupleTag<OutputT> embeddings;
  private final TupleTag<DeadLetter> failures;

  private transient BatchEmbedder<InputT, OutputT, Waiting<InputT>> embedder;
  private transient List<Waiting<InputT>> waiting;
  private transient long waitingBytes;

  EmbedFn(
      ImageInput<InputT, OutputT> input,
      InferenceSettings settings,
      TupleTag<OutputT> embeddings,
      TupleTag<DeadLetter> failures) {
    this.input = input;
    this.settings = settings;
    this.embeddings = embeddings;
    this.failures = failures;
  }

  /** An element, and where and when it came and what becomes of it belongs. */
  private record Waiting<InputT>(
      InputT element, Instant timestamp, BoundedWindow window, PaneInfo pane) {}

  /**
   * Earlier elements of the bundle come out with a later one; until it ends, they hold the
   * watermark.
   */
  @Override
  @SuppressWarnings("deprecation") // nobody has said what to use instead
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @Setup
  public void setup() {
    embedder = new BatchEmbedder<>(input, settings);
  }

  @StartBundle
  public synchronized void startBundle() {
    // A bundle that failed may have left elements behind; they come again.
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
    embed(
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
    embed(
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

  private void embed(BatchEmbedder.Output<OutputT, Waiting<InputT>> output) throws IOException {
    if (embedder == null) {
      throw new IllegalStateException("torn down while an image was waiting");
    }
    embedder.embed(waiting, Waiting::element, output);
    waiting.clear();
    waitingBytes = 0;
  }

  // A runner that gives up tears down while another thread may still be at work: its tensors must
  // not be freed under it.
  @Teardown
  public synchronized void teardown() throws IOException {
    if (embedder != null) {
      embedder.close();
      embedder = null;
    }
  }
}
