package io.swavbeam.pipelines.embedding;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.IterableCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.io.FileIO.ReadableFile;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.errorhandling.BadRecord;
import org.apache.beam.sdk.transforms.errorhandling.ErrorHandler;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Embeds images with a trained network.
 *
 * <pre>{@code
 * PCollection<KV<String, byte[]>> photos = ...;
 * EmbedImages.Result<KV<String, Embedding>> result =
 *     photos.apply("Embed", EmbedImages.<String>ofBytes("s3://models/flowers/saved_model"));
 * PCollection<KV<String, Embedding>> embeddings = result.embeddings();
 * PCollection<Row> rows = result.toRows(); // for SqlTransform, JdbcIO, BigQueryIO
 * PCollection<DeadLetter> unreadable = result.failures();
 * }</pre>
 *
 * <p><b>Guarantees.</b> Every element has one embedding or one failure. A reference to an archive
 * has one for each image in it, and another failure if the archive is cut off. Embeddings and
 * failures have the timestamps and windows of their elements. Temporary errors, such as a store
 * that does not answer, are not failures. They fail the bundle, which the runner repeats. The same
 * image has the same embedding in every batch, except for rounding errors.
 *
 * <p><b>Batches.</b> Batches of a bounded input are filled within a bundle. The bundles of an
 * unbounded input are small, so its batches are filled across bundles. Elements wait for at most
 * {@link #withMaxBatchDuration} in the state of the runner, with their bytes if {@link #ofBytes} is
 * used. A batch is output when it holds {@value #MAX_WAITING_BYTES} bytes, which limits that state.
 *
 * <p><b>Memory and threads.</b> The network is loaded once per process and shared by its threads.
 * If the memory of a device is too small for a batch, the process halves its batches from then on.
 * No image is lost.
 *
 * <p>Metrics (namespace {@value #METRICS}). With the names of Beam's RunInference: counter {@code
 * num_inferences}; distributions {@code inference_request_batch_size}, {@code
 * inference_batch_latency_micro_secs}, {@code load_model_latency_milli_secs} and {@code
 * model_byte_size}. Others: counters {@code bytes}, {@code batch_size_halvings}, {@code failures},
 * and of these {@code failuresOfReading} and {@code failuresOfDecoding}; distributions {@code
 * readMicros} and {@code decodeMicros} per image.
 *
 * @param <InputT> the elements
 * @param <OutputT> {@link Embedding}, with its key if the elements have keys
 */
@AutoValue
public abstract class EmbedImages<InputT, OutputT>
    extends PTransform<PCollection<InputT>, EmbedImages.Result<OutputT>> {
  /** The namespace of the metrics. */
  public static final String METRICS = "EmbedImages";

  private static final Logger LOG = LoggerFactory.getLogger(EmbedImages.class);

  /** The largest number of bytes of images that wait for a batch in the state of the runner. */
  static final long MAX_WAITING_BYTES = 64L << 20;

  private static final Duration A_SECOND = Duration.ofSeconds(1);

  abstract ImageInput<InputT, OutputT> input();

  /** Returns the settings, for transforms of this software that embed images themselves. */
  @Internal
  public abstract InferenceSettings settings();

  abstract Duration maxBatchDuration();

  abstract @Nullable ErrorHandler<BadRecord, ?> badRecordErrorHandler();

  abstract Builder<InputT, OutputT> toBuilder();

  @AutoValue.Builder
  abstract static class Builder<InputT, OutputT> {
    abstract Builder<InputT, OutputT> setInput(ImageInput<InputT, OutputT> input);

    abstract Builder<InputT, OutputT> setSettings(InferenceSettings settings);

    abstract Builder<InputT, OutputT> setMaxBatchDuration(Duration maxBatchDuration);

    abstract Builder<InputT, OutputT> setBadRecordErrorHandler(
        @Nullable ErrorHandler<BadRecord, ?> handler);

    abstract EmbedImages<InputT, OutputT> build();
  }

  /**
   * Embeds the bytes of images, each a whole file: JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, TGA, ICO,
   * and HEIC and AVIF if libheif's command is installed. The result has the keys of the input. The
   * {@code name} of an embedding is its key as text, and {@code source} is empty.
   *
   * @param model a run directory or a {@code saved_model/} folder, by a path or a URI that every
   *     worker can read
   */
  public static <K> EmbedImages<KV<K, byte[]>, KV<K, Embedding>> ofBytes(String model) {
    return of(new ImageInput.OfBytes<>(), model);
  }

  /**
   * Embeds files, each an image, as {@code FileIO.readMatches()} returns them. An archive is a
   * failure.
   *
   * @param model as for {@link #ofBytes}
   */
  public static EmbedImages<ReadableFile, Embedding> ofFiles(String model) {
    return of(new ImageInput.OfFiles(), model);
  }

  /**
   * Embeds images by their references, as {@code ListImages} returns them, in archives and buckets
   * too. Images are prefetched.
   *
   * @param <T> {@code InputRef}, or one of its kinds
   * @param model as for {@link #ofBytes}
   */
  public static <T extends InputRef> EmbedImages<T, Embedding> ofImages(String model) {
    return of(new ImageInput.OfImages<>(), model);
  }

  static <InputT, OutputT> EmbedImages<InputT, OutputT> of(
      ImageInput<InputT, OutputT> input, String model) {
    return new AutoValue_EmbedImages.Builder<InputT, OutputT>()
        .setInput(input)
        .setSettings(InferenceSettings.of(model))
        .setMaxBatchDuration(A_SECOND)
        .build();
  }

  /**
   * Sets the type of the backbone's activations. The id of the model in embeddings includes it. The
   * default is float32.
   *
   * @param precision float32 or bfloat16
   * @throws IllegalArgumentException if it is another
   */
  public EmbedImages<InputT, OutputT> withPrecision(Precision precision) {
    return with(settings().toBuilder().setPrecision(precision));
  }

  /**
   * Sets the device. If a worker does not have it, its bundles fail in one line with the reason.
   *
   * @param device {@code auto} (the default) for a GPU if there is one; {@code cpu}; or a GPU by
   *     its number, {@code gpu:0}, the same for all of a process
   * @throws IllegalArgumentException if it is something else
   */
  public EmbedImages<InputT, OutputT> withDevice(String device) {
    return with(settings().toBuilder().setDevice(device));
  }

  /** Sets the decoding of pictures. The default is that of the training of the model. */
  public EmbedImages<InputT, OutputT> withDecoding(DecodingConfig decoding) {
    return with(settings().toBuilder().setDecoding(decoding));
  }

  /**
   * Sets the number of images in a batch. The default is 128.
   *
   * @param batchSize at least 1
   * @throws IllegalArgumentException if it is less
   */
  public EmbedImages<InputT, OutputT> withBatchSize(int batchSize) {
    return with(settings().toBuilder().setBatchSize(batchSize));
  }

  /**
   * Sets how long an image of an unbounded input waits at most for its batch to be full. The
   * default is one second. Bounded inputs do not wait.
   *
   * @param duration longer than zero
   * @throws IllegalArgumentException if it is not
   */
  public EmbedImages<InputT, OutputT> withMaxBatchDuration(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("images must wait longer than " + duration);
    }
    return toBuilder().setMaxBatchDuration(duration).build();
  }

  /**
   * Sets how often a worker checks whether the model was replaced. It then uses the new one from
   * the next batch on. By default it never checks.
   *
   * @param every the interval; zero for never
   * @throws IllegalArgumentException if it is negative
   */
  public EmbedImages<InputT, OutputT> withModelRefresh(Duration every) {
    return with(settings().toBuilder().setModelRefresh(every));
  }

  /** Sets limits on images. Larger images are failures. */
  public EmbedImages<InputT, OutputT> withLimits(ImageLimits limits) {
    return with(settings().toBuilder().setLimits(limits));
  }

  /**
   * Sets the fields of samples that are read in archives that can only be read from their
   * beginning. For all other archives, {@code ListImages.withFields} sets them.
   */
  public EmbedImages<InputT, OutputT> withFields(SampleFields fields) {
    return with(settings().toBuilder().setFields(fields));
  }

  /**
   * Sets a CSV file with labels by the names of images, see {@link LabelTable}. Other labels are
   * ignored then.
   *
   * @param table the table; null for the labels of the images
   */
  public EmbedImages<InputT, OutputT> withLabelTable(LabelTable.@Nullable Source table) {
    return with(settings().toBuilder().setLabelTable(table));
  }

  /** Sends failures to an error handler, too, as JSON of their dead letters, without bytes. */
  public EmbedImages<InputT, OutputT> withBadRecordErrorHandler(
      ErrorHandler<BadRecord, ?> handler) {
    return toBuilder().setBadRecordErrorHandler(handler).build();
  }

  private EmbedImages<InputT, OutputT> with(InferenceSettings.Builder settings) {
    return toBuilder().setSettings(settings.build()).build();
  }

  /**
   * Returns the description of the network, with the id that its embeddings have.
   *
   * @throws io.swavbeam.model.config.InvalidConfigException in one line, if there is no model
   */
  public ModelDescription describe() {
    ModelDescription trained = ModelLocation.of(settings().model()).describe();
    DecodingConfig decoding = settings().decoding();
    return trained.in(settings().precision(), decoding == null ? trained.present() : decoding);
  }

  /**
   * Applies the transform.
   *
   * @throws io.swavbeam.model.config.InvalidConfigException in one line, if there is no model. If
   *     its store does not answer, the workers look for the model.
   */
  @Override
  public Result<OutputT> expand(PCollection<InputT> images) {
    requireModel(settings().model());
    TupleTag<OutputT> embeddings = new TupleTag<>() {};
    TupleTag<DeadLetter> failures = new TupleTag<>() {};
    PCollectionTuple results =
        images.isBounded() == IsBounded.BOUNDED
            ? images.apply(
                "Embed",
                ParDo.of(new EmbedFn<>(input(), settings(), embeddings, failures))
                    .withOutputTags(embeddings, TupleTagList.of(failures)))
            : batches(images)
                .apply(
                    "EmbedBatch",
                    ParDo.of(new EmbedBatchFn<>(input(), settings(), embeddings, failures))
                        .withOutputTags(embeddings, TupleTagList.of(failures)));
    results.get(embeddings).setCoder(input().coder(images.getCoder()));
    results.get(failures).setCoder(RecordSchema.coder(DeadLetter.class));
    if (badRecordErrorHandler() != null) {
      badRecordErrorHandler()
          .addErrorCollection(
              results
                  .get(failures)
                  .apply("ToBadRecords", ParDo.of(new ToBadRecordFn()))
                  .setCoder(BadRecord.getCoder(images.getPipeline())));
    }
    return new Result<>(results.get(embeddings), results.get(failures), embeddings, failures);
  }

  private static void requireModel(String model) {
    try {
      ModelLocation.of(model).describe();
    } catch (StoreUnavailableException e) {
      LOG.warn("the model is not checked before the pipeline runs: {}", e.getMessage());
    }
  }

  /** Returns full batches, or those that have waited long enough, spread over the workers. */
  private PCollection<Iterable<TimestampedValue<InputT>>> batches(PCollection<InputT> images) {
    TimestampedValue.TimestampedValueCoder<InputT> coder =
        TimestampedValue.TimestampedValueCoder.of(images.getCoder());
    return images
        .apply("WithTimestamps", Reify.timestamps())
        .setCoder(coder)
        // All elements have one key, so that a batch fills as fast as images arrive. They wait only
        // briefly.
        .apply("ToOneKey", WithKeys.of(0))
        .setCoder(KvCoder.of(VarIntCoder.of(), coder))
        .apply(
            "FillBatches",
            ParDo.of(
                new FillBatchesFn<>(
                    input(),
                    coder,
                    settings().batchSize(),
                    org.joda.time.Duration.millis(maxBatchDuration().toMillis()))))
        .setCoder(IterableCoder.of(coder))
        .apply("SpreadBatches", Reshuffle.viaRandomKey());
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    settings().populateDisplayData(builder);
    builder.add(
        DisplayData.item("maxBatchMillis", maxBatchDuration().toMillis())
            .withLabel("Milliseconds that an image of an unbounded input waits at most"));
  }

  /**
   * The embeddings and the failures.
   *
   * @param <OutputT> {@link Embedding}, with its key if the elements have keys
   */
  public static final class Result<OutputT> implements POutput {
    private final PCollection<OutputT> embeddings;
    private final PCollection<DeadLetter> failures;
    private final TupleTag<OutputT> embeddingsTag;
    private final TupleTag<DeadLetter> failuresTag;

    private Result(
        PCollection<OutputT> embeddings,
        PCollection<DeadLetter> failures,
        TupleTag<OutputT> embeddingsTag,
        TupleTag<DeadLetter> failuresTag) {
      this.embeddings = embeddings;
      this.failures = failures;
      this.embeddingsTag = embeddingsTag;
      this.failuresTag = failuresTag;
    }

    /**
     * Returns the embeddings. Without keys they have a schema, {@code
     * RecordSchema.of(Embedding.class)}.
     */
    public PCollection<OutputT> embeddings() {
      return embeddings;
    }

    /** Returns dead letters of the images that could not be read or decoded. */
    public PCollection<DeadLetter> failures() {
      return failures;
    }

    /**
     * Returns the embeddings as rows with the columns of {@link Embedding}, and before them {@code
     * key} if there are keys.
     *
     * @throws IllegalArgumentException if rows have no type for the coder of the keys
     */
    public PCollection<Row> toRows() {
      return EmbeddingsToRows.apply(embeddings);
    }

    @Override
    public Pipeline getPipeline() {
      return embeddings.getPipeline();
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return Map.of(embeddingsTag, embeddings, failuresTag, failures);
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {}
  }
}
