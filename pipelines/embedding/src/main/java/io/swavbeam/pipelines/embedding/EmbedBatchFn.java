package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;

/** Embeds batches that were filled before. */
final class EmbedBatchFn<InputT, OutputT>
    extends EmbedderFn<
        Iterable<TimestampedValue<InputT>>, InputT, OutputT, TimestampedValue<InputT>> {
  EmbedBatchFn(
      ImageInput<InputT, OutputT> input,
      InferenceSettings settings,
      TupleTag<OutputT> embeddings,
      TupleTag<DeadLetter> failures) {
    super(input, settings, embeddings, failures);
  }

  @ProcessElement
  public synchronized void process(
      @Element Iterable<TimestampedValue<InputT>> batch, MultiOutputReceiver receiver)
      throws IOException {
    List<TimestampedValue<InputT>> elements = new ArrayList<>();
    batch.forEach(elements::add);
    embed(
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
}
