package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.ImageRef;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Embeds images with a trained network.
 *
 * <pre>{@code
 * PCollection<ImageRef> images = ...;
 * PCollectionTuple results = images.apply(EmbedImages.withModel("runs/cifar10"));
 * PCollection<Embedding> embeddings = results.get(EmbedImages.EMBEDDINGS);
 * PCollection<DeadLetter> unreadable = results.get(EmbedImages.DEAD_LETTERS);
 * }</pre>
 *
 * <p>Every reference gives one embedding or one dead letter; a reference to a stream gives one for
 * each image in it, and a dead letter more where the stream is cut off. Batches are filled inside a
 * bundle, so the larger the runner's bundles, the better; elements keep their timestamps and
 * windows. The network is loaded once in a process and shared by all its threads.
 *
 * <p>Metrics (namespace {@code EmbedImages}): counters {@code images}, {@code batches}, {@code
 * bytes}, {@code failures}, of which {@code failuresOfReading} and {@code failuresOfDecoding};
 * distributions {@code readMicros} and {@code decodeMicros} an image, {@code inferenceMillis} a
 * batch and {@code modelLoadMillis}.
 */
public final class EmbedImages extends PTransform<PCollection<ImageRef>, PCollectionTuple> {
  /** The embeddings. */
  public static final TupleTag<Embedding> EMBEDDINGS = new TupleTag<>() {};

  /** The images that could not be read or decoded. */
  public static final TupleTag<DeadLetter> DEAD_LETTERS = new TupleTag<>() {};

  private final InferenceSettings inference;

  private EmbedImages(InferenceSettings inference) {
    this.inference = inference;
  }

  /**
   * With the network of a run.
   *
   * @param model run directory, or a {@code saved_model/} folder: a path or a URI that every worker
   *     can read
   */
  public static EmbedImages withModel(String model) {
    return new EmbedImages(InferenceSettings.of(model));
  }

  /**
   * Type of the backbone's activations; embeddings name it in the id of their model.
   *
   * @param newPrecision float32 or bfloat16
   */
  public EmbedImages withPrecision(Precision newPrecision) {
    return new EmbedImages(inference.withPrecision(newPrecision));
  }

  /**
   * Images that the network sees at once.
   *
   * @param newBatchSize at least 1
   */
  public EmbedImages withBatchSize(int newBatchSize) {
    return new EmbedImages(inference.withBatchSize(newBatchSize));
  }

  @Override
  public PCollectionTuple expand(PCollection<ImageRef> images) {
    PCollectionTuple results =
        images.apply(
            "Embed",
            ParDo.of(new EmbedFn(inference))
                .withOutputTags(EMBEDDINGS, TupleTagList.of(DEAD_LETTERS)));
    results.get(EMBEDDINGS).setCoder(EmbeddingCoder.of());
    results.get(DEAD_LETTERS).setCoder(SerializableCoder.of(DeadLetter.class));
    return results;
  }
}
