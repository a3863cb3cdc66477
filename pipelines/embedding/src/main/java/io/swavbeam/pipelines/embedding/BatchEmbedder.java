package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputRef;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * An embedder of lists of elements, for one thread.
 *
 * @param <C> elements with their context
 */
final class BatchEmbedder<InputT, OutputT, C> implements AutoCloseable {
  /** Receives the result of each element. */
  interface Output<OutputT, C> {
    void embedding(OutputT embedding, C of);

    void failure(DeadLetter letter, C of);
  }

  private final ImageInput<InputT, OutputT> input;
  private final InferenceSettings settings;
  private final EmbeddingWorker<C> worker;

  BatchEmbedder(ImageInput<InputT, OutputT> input, InferenceSettings settings) {
    this.input = input;
    this.settings = settings;
    worker = new EmbeddingWorker<>(settings);
  }

  /**
   * Embeds a list.
   *
   * @param element returns the element of an entry of the list
   */
  void embed(List<C> batch, Function<C, InputT> element, Output<OutputT, C> output)
      throws IOException {
    worker.begin();
    List<InputRef> refs = new ArrayList<>(batch.size());
    batch.forEach(waiting -> refs.add(input.ref(element.apply(waiting))));
    worker.prefetch(refs);
    EmbeddingWorker.Output<C> results =
        new EmbeddingWorker.Output<>() {
          @Override
          public void embedding(Embedding embedding, C of) {
            output.embedding(input.output(element.apply(of), embedding), of);
          }

          @Override
          public void deadLetter(DeadLetter letter, C of) {
            output.failure(letter, of);
          }
        };
    for (int i = 0; i < batch.size(); i++) {
      C of = batch.get(i);
      worker.add(
          refs.get(i),
          () -> input.content(element.apply(of), settings.limits()),
          of,
          any -> true,
          results);
    }
    worker.flush(results);
  }

  @Override
  public void close() throws IOException {
    worker.close();
  }
}
