package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;

/** Embeds batches that were filled before. */
final class EmbedBatchFn<InputT, OutputT>
    extends DoFn<Iterable<TimestampedValue<InputT>>, OutputT> {
  private final ImageInput<InputT, OutputT> input;
  private final InferenceSettings settings;
  private final TupleTag<OutputT> embeddings;
  private final TupleTag<DeadLetter> failures;

  private transient BatchEmbedder<InputT, OutputT, TimestampedValue<InputT>> embedder;

  EmbedBatchFn(
      ImageInput<InputT, OutputT> input,
      InferenceSettings settings,
      TupleTag<OutputT> embeddings,
      TupleTag<DeadLetter> failures) {
    this.input = input;
    this.settings = settings;
    this.embeddings = embeddings;
    this.failures = failures;
  }

  @Setup
  public void setup() {
    embedder = new BatchEmbedder<>(input, settings);
  }

  @ProcessElement
  public synchronized void process(
      @Element Iterable<TimestampedValue<InputT>> batch, MultiOutputReceiver receiver)
      throws IOException {
    if (embedder == null) {
      throw new IllegalStateException("torn down while a batch was waiting");
    }
    List<TimestampedValue<InputT>> elements = new ArrayList<>();
    batch.forEach(elements::add);
    embedder.embed(
        elements,
        TimestampedValue::getValue,
        new BatchEmbedder.Output<>() {
          @Override
          public void embedding(OutputT embedding, TimestampedValue<InputT> of) {
            receiver.get(embeddings).outputWithTimestamp(embedding, of.getTimestamp());
          }

          @Override
          public void failure(DeadLetter letter, TimestampedValue<InputT> of) {
            receiver.get(failures).outputWithTimestamp(letter, of.getTimestamp());
          }
        });
  }

  @Teardown
  public synchronized void teardown() throws IOException {
    if (embedder != null) {
      embedder.close();
      embedder = null;
    }
  }
}
