package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.TupleTag;

/**
 * The part that all DoFns that embed have in common: a {@link BatchEmbedder} from setup to
 * teardown.
 *
 * @param <ElementT> elements of the pipeline
 * @param <C> images with their context
 */
abstract class EmbedderFn<ElementT, InputT, OutputT, C> extends DoFn<ElementT, OutputT> {
  final ImageInput<InputT, OutputT> input;
  final InferenceSettings settings;
  final TupleTag<OutputT> embeddings;
  final TupleTag<DeadLetter> failures;

  private transient BatchEmbedder<InputT, OutputT, C> embedder;

  EmbedderFn(
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

  final synchronized void embed(
      List<C> batch, Function<C, InputT> element, BatchEmbedder.Output<OutputT, C> output)
      throws IOException {
    if (embedder == null) {
      throw new IllegalStateException("torn down while an image was waiting");
    }
    embedder.embed(batch, element, output);
  }

  // A runner that gives up may call this while another thread is still at work. The tensors of that
  // thread must not be freed.
  @Teardown
  public synchronized void teardown() throws IOException {
    if (embedder != null) {
      embedder.close();
      embedder = null;
    }
  }
}
