package io.swavbeam.pipelines.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.testing.TrainedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileIO;
import org.apache.beam.sdk.metrics.DistributionResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricQueryResults;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.transforms.SchemaTransformProvider;
import org.apache.beam.sdk.schemas.transforms.Select;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.errorhandling.BadRecord;
import org.apache.beam.sdk.transforms.errorhandling.ErrorHandler;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionRowTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbedImagesTest {
  private static final KvCoder<String, byte[]> BY_NAME =
      KvCoder.of(StringUtf8Coder.of(), ByteArrayCoder.of());

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static String model;

  @BeforeAll
  static void train() throws Exception {
    model = TrainedModel.in(shared).toString();
  }

  private static List<KV<String, byte[]>> images(int count) {
    List<KV<String, byte[]>> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(KV.of("key" + i, TestImages.jpeg(i, 20, 20)));
    }
    return images;
  }

  private static byte[] damaged() {
    byte[] whole = TestImages.jpeg(1, 20, 20);
    return Arrays.copyOf(whole, whole.length / 2);
  }

  @Test
  void keysTravelWithTheirEmbeddingsAndFailuresAreApart() {
    List<KV<String, byte[]>> images = images(5);
    images.add(KV.of("damaged", damaged()));
    images.add(KV.of("empty", new byte[0]));
    Pipeline pipeline = Pipeline.create();
    EmbedImages.Result<KV<String, Embedding>> result =
        pipeline
            .apply("Images", Create.of(images).withCoder(BY_NAME))
            .apply("Embed", EmbedImages.<String>ofBytes(model).withBatchSize(2));
    PAssert.that(result.embeddings())
        .satisfies(
            found -> {
              List<String> keys = new ArrayList<>();
              for (KV<String, Embedding> each : found) {
                keys.add(each.getKey());
                assertThat(each.getValue().name()).isEqualTo(each.getKey());
                assertThat(each.getValue().embedding()).hasSize(512);
              }
              assertThat(keys).containsExactlyInAnyOrder("key0", "key1", "key2", "key3", "key4");
              return null;
            });
    PAssert.that(result.failures())
        .satisfies(
            found -> {
              assertThat(found).extracting(DeadLetter::name).containsOnly("damaged", "empty");
              return null;
            });
    PipelineResult ran = pipeline.run();
    ran.waitUntilFinish();
    assertThat(counter(ran, "num_inferences")).isEqualTo(5);
    assertThat(counter(ran, "failures")).isEqualTo(2);
    assertThat(distribution(ran, "inference_request_batch_size").getSum()).isEqualTo(5);
    assertThat(distribution(ran, "inference_batch_latency_micro_secs").getMax()).isPositive();
    assertThat(distribution(ran, "load_model_latency_milli_secs").getMax()).isPositive();
    assertThat(distribution(ran, "model_byte_size").getMax()).isGreaterThan(1_000_000);
  }

  @Test
  void embedsFilesAndPointsToListImagesForArchives() throws Exception {
    Files.write(folder.resolve("a.jpg"), TestImages.jpeg(1, 20, 20));
    Files.write(folder.resolve("b.tar"), TestArchives.tar(3));
    Files.write(folder.resolve("c.jpg"), TestArchives.gzip(TestArchives.tar(3)));
    Pipeline pipeline = Pipeline.create();
    EmbedImages.Result<Embedding> result =
        pipeline
            .apply("Match", FileIO.match().filepattern(folder + "/*"))
            .apply("Read", FileIO.readMatches().withCompression(Compression.UNCOMPRESSED))
            .apply("Embed", EmbedImages.ofFiles(model));
    PAssert.that(result.embeddings())
        .satisfies(
            found -> {
              assertThat(found).extracting(Embedding::name).containsExactly("a.jpg");
              return null;
            });
    PAssert.that(result.failures())
        .satisfies(
            found -> {
              assertThat(found).extracting(DeadLetter::name).containsOnly("b.tar", "c.jpg");
              assertThat(found).allMatch(letter -> letter.error().contains("ListImages"));
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  /** Embeds archives through the public API, with kept listings or without. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void embedsWhatListImagesFinds(boolean keeps, @TempDir Path kept) throws Exception {
    Files.write(folder.resolve("a.tar"), TestArchives.tar(4));
    Files.write(folder.resolve("b.tar.gz"), TestArchives.gzip(TestArchives.tar(3)));
    Files.write(folder.resolve("empty.png"), new byte[0]);
    Pipeline pipeline = Pipeline.create();
    ListImages list = ListImages.in(List.of(folder.toString()));
    ListImages.Result listed =
        pipeline.apply("List", keeps ? list.withListings(Folder.of(kept)) : list);
    assertThat(listed.images()).isSameAs(listed.images());
    EmbedImages<InputRef, Embedding> embedImages =
        EmbedImages.<InputRef>ofImages(model).withPrecision(Precision.BFLOAT16);
    PCollection<String> models =
        listed
            .images()
            .apply("Embed", embedImages)
            .embeddings()
            .apply("Model", MapElements.into(TypeDescriptors.strings()).via(Embedding::model));
    assertHolds(models, Collections.nCopies(7, embedImages.describe().id()));
    assertHolds(
        listed
            .deadLetters()
            .apply("Names", MapElements.into(TypeDescriptors.strings()).via(DeadLetter::name)),
        List.of("empty.png"));
    pipeline.run().waitUntilFinish();
  }

  /** The pipeline continues for a location with any text. */
  @Test
  void textsThatNameNoFileAreFailures() throws Exception {
    List<String> texts =
        List.of(
            "a\0b",
            "",
            "s3://bucket",
            "s3:///",
            "gs://bucket/key.jpg",
            "file:%zz",
            "file://host/x",
            folder.toString(),
            "x".repeat(10_000));
    List<ImageRef> refs = new ArrayList<>();
    for (String text : texts) {
      refs.add(
          ImageRef.stored(text, 0, new Location(text), 0, 100, ImageEncoding.FILE, "name", null));
    }
    Path good = Files.write(folder.resolve("good.jpg"), TestImages.jpeg(1, 20, 20));
    refs.add(
        ImageRef.stored(
            good.toString(),
            0,
            Location.of(good),
            0,
            Files.size(good),
            ImageEncoding.FILE,
            "good",
            null));
    Pipeline pipeline = Pipeline.create();
    EmbedImages.Result<Embedding> result =
        pipeline
            .apply("Refs", Create.of(refs).withCoder(RecordSchema.coder(ImageRef.class)))
            .apply("Embed", EmbedImages.ofImages(model));
    PAssert.that(result.embeddings())
        .satisfies(
            found -> {
              assertThat(found).extracting(Embedding::name).containsExactly("good");
              return null;
            });
    PAssert.that(result.failures())
        .satisfies(
            found -> {
              assertThat(found)
                  .extracting(DeadLetter::source)
                  .containsExactlyInAnyOrderElementsOf(texts);
              assertThat(found).allMatch(letter -> letter.error().lines().count() == 1);
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  @Test
  void aModelThatIsNotThereIsRefusedWhenThePipelineIsBuilt() {
    Pipeline pipeline = Pipeline.create();
    PCollection<KV<String, byte[]>> images =
        pipeline.apply("Images", Create.of(images(1)).withCoder(BY_NAME));
    String nowhere = folder.resolve("nowhere").toString();
    assertThatThrownBy(() -> images.apply("Embed", EmbedImages.<String>ofBytes(nowhere)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(nowhere);
  }

  @Test
  void embeddingsHaveASchema() {
    Schema schema = RecordSchema.of(Embedding.class);
    assertThat(schema.getFieldNames())
        .containsExactly(
            "source",
            "position",
            "name",
            "label",
            "embedding",
            "projection",
            "cluster",
            "cluster_probability",
            "model");
    Pipeline pipeline = Pipeline.create();
    EmbedImages.Result<KV<String, Embedding>> keyed =
        pipeline
            .apply("Images", Create.of(images(3)).withCoder(BY_NAME))
            .apply("Embed", EmbedImages.ofBytes(model));
    PCollection<Row> rows = keyed.toRows();
    assertThat(rows.getSchema().getFieldNames()).startsWith("key", "source");
    assertHolds(
        rows.apply("Select", Select.fieldNames("key", "embedding", "cluster_probability"))
            .apply(
                "ToText",
                MapElements.into(TypeDescriptors.strings())
                    .via(
                        row ->
                            "%s %d %b"
                                .formatted(
                                    row.getString(0),
                                    row.getArray(1).size(),
                                    row.getFloat(2) > 0))),
        List.of("key0 512 true", "key1 512 true", "key2 512 true"));
    pipeline.run().waitUntilFinish();
  }

  @Test
  void failuresGoToAnErrorHandlerToo() throws Exception {
    Pipeline pipeline = Pipeline.create();
    ErrorHandler.BadRecordErrorHandler<PCollection<String>> handler =
        pipeline.registerBadRecordErrorHandler(new Describe());
    try (handler) {
      pipeline
          .apply("Images", Create.of(KV.of("damaged", damaged())).withCoder(BY_NAME))
          .apply("Embed", EmbedImages.<String>ofBytes(model).withBadRecordErrorHandler(handler));
    }
    PAssert.that(handler.getOutput())
        .satisfies(
            found -> {
              assertThat(found).hasSize(1);
              assertThat(found.iterator().next())
                  .contains("damaged", "an image cannot be embedded (decode)");
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  private static final class Describe
      extends PTransform<PCollection<BadRecord>, PCollection<String>> {
    @Override
    public PCollection<String> expand(PCollection<BadRecord> records) {
      return records.apply(
          MapElements.into(TypeDescriptors.strings())
              .via(
                  record ->
                      record.getRecord().getHumanReadableJsonRecord()
                          + record.getFailure().getDescription()));
    }
  }

  /**
   * Full batches are output at once, and the rest after the time, although the watermark does not
   * advance.
   */
  @Test
  void batchesFillAcrossBundles() {
    TestStream.Builder<KV<String, byte[]>> stream = TestStream.create(BY_NAME);
    for (KV<String, byte[]> image : images(10)) {
      stream = stream.addElements(image); // in a separate bundle
    }
    Pipeline pipeline = Pipeline.create();
    PCollection<String> embedded =
        pipeline
            .apply(
                stream
                    .advanceProcessingTime(org.joda.time.Duration.standardSeconds(2))
                    .advanceWatermarkToInfinity())
            .apply(
                "Embed",
                EmbedImages.<String>ofBytes(model)
                    .withBatchSize(4)
                    .withMaxBatchDuration(Duration.ofSeconds(1)))
            .embeddings()
            .apply("Keys", MapElements.into(TypeDescriptors.strings()).via(KV::getKey));
    assertHolds(embedded, images(10).stream().map(KV::getKey).toList());
    PipelineResult ran = pipeline.run();
    ran.waitUntilFinish();
    DistributionResult batches = distribution(ran, "inference_request_batch_size");
    assertThat(batches.getSum()).isEqualTo(10);
    assertThat(batches.getCount()).as("batches").isEqualTo(3);
    assertThat(batches.getMax()).isEqualTo(4);
  }

  /** A batch contains images of several windows. Each embedding stays in its window. */
  @Test
  void keepsWindowsAndTimestamps() {
    KvCoder<Long, byte[]> coder = KvCoder.of(VarLongCoder.of(), ByteArrayCoder.of());
    List<TimestampedValue<KV<Long, byte[]>>> images = new ArrayList<>();
    for (long i : new long[] {2, 1, 0, 5, 3, 4}) {
      byte[] bytes = i == 4 ? damaged() : TestImages.jpeg((int) i, 20, 20);
      images.add(TimestampedValue.of(KV.of(i, bytes), Instant.ofEpochMilli(10_000L * i)));
    }
    for (boolean bounded : new boolean[] {true, false}) {
      Pipeline pipeline = Pipeline.create();
      TestStream.Builder<KV<Long, byte[]>> stream = TestStream.create(coder);
      for (TimestampedValue<KV<Long, byte[]>> image : images) {
        stream = stream.addElements(image);
      }
      PCollection<KV<Long, byte[]>> source =
          bounded
              ? pipeline.apply(Create.timestamped(images).withCoder(coder))
              : pipeline.apply(stream.advanceWatermarkToInfinity());
      EmbedImages.Result<KV<Long, Embedding>> result =
          source
              .apply(
                  "Window",
                  Window.into(FixedWindows.of(org.joda.time.Duration.standardSeconds(10))))
              .apply("Embed", EmbedImages.<Long>ofBytes(model).withBatchSize(4));
      assertHolds(
          result.embeddings().apply("Describe", ParDo.of(new DescribeFn())),
          List.of(
              "0 at 0 in 0",
              "1 at 10000 in 10000",
              "2 at 20000 in 20000",
              "3 at 30000 in 30000",
              "5 at 50000 in 50000"));
      assertHolds(
          result.failures().apply("DescribeFailures", ParDo.of(new DescribeLetterFn())),
          List.of("4 at 40000 in 40000"));
      pipeline.run().waitUntilFinish();
    }
  }

  private static String where(Object what, Instant timestamp, BoundedWindow window) {
    return "%s at %d in %d"
        .formatted(what, timestamp.getMillis(), ((IntervalWindow) window).start().getMillis());
  }

  private static final class DescribeFn extends DoFn<KV<Long, Embedding>, String> {
    @ProcessElement
    public void process(
        @Element KV<Long, Embedding> embedding,
        @Timestamp Instant timestamp,
        BoundedWindow window,
        OutputReceiver<String> output) {
      output.output(where(embedding.getKey(), timestamp, window));
    }
  }

  private static final class DescribeLetterFn extends DoFn<DeadLetter, String> {
    @ProcessElement
    public void process(
        @Element DeadLetter letter,
        @Timestamp Instant timestamp,
        BoundedWindow window,
        OutputReceiver<String> output) {
      output.output(where(letter.name(), timestamp, window));
    }
  }

  @Test
  void whatCannotBeIsRefusedWhenItIsBuilt() {
    EmbedImages<ImageRef, Embedding> images = EmbedImages.ofImages(model);
    assertThatThrownBy(() -> images.withPrecision(Precision.FLOAT16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("float16");
    assertThatThrownBy(() -> images.withDevice("tpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("take auto, cpu or gpu:0");
    assertThatThrownBy(() -> images.withBatchSize(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> images.withMaxBatchDuration(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> images.withModelRefresh(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EmbedImages.ofImages("")).hasMessageContaining("model is missing");
    assertThat(DisplayData.from(images.withBatchSize(7)).items())
        .anyMatch(item -> item.getKey().equals("batchSize") && item.getValue().equals(7L));
  }

  /** Calls the transform by its identifier with rows, like Beam's YAML. */
  @Test
  void otherLanguagesCallItByItsName() {
    SchemaTransformProvider provider =
        StreamSupport.stream(ServiceLoader.load(SchemaTransformProvider.class).spliterator(), false)
            .filter(each -> each.identifier().equals("swavbeam:schematransform:embed_images:v1"))
            .findFirst()
            .orElseThrow();
    Row configuration =
        Row.withSchema(provider.configurationSchema())
            .withFieldValue("model", model)
            .withFieldValue("image_field", "jpeg")
            .withFieldValue("key_field", "id")
            .build();
    Schema schema = Schema.builder().addInt64Field("id").addByteArrayField("jpeg").build();
    List<Row> rows =
        List.of(
            Row.withSchema(schema).addValues(1L, TestImages.jpeg(1, 20, 20)).build(),
            Row.withSchema(schema).addValues(2L, damaged()).build());
    Pipeline pipeline = Pipeline.create();
    PCollectionRowTuple results =
        PCollectionRowTuple.of("input", pipeline.apply(Create.of(rows)).setRowSchema(schema))
            .apply(provider.from(configuration));
    assertThat(results.get("output").getSchema().getFieldNames())
        .containsExactly(
            "id", "embedding", "projection", "cluster", "cluster_probability", "model");
    assertHolds(
        results
            .get("output")
            .apply(
                "ToText",
                MapElements.into(TypeDescriptors.strings())
                    .via(row -> row.getInt64("id") + " " + row.getArray("embedding").size())),
        List.of("1 512"));
    assertHolds(
        results
            .get("errors")
            .apply(
                "ErrorsToText",
                MapElements.into(TypeDescriptors.strings())
                    .via(row -> row.getString("key") + " " + row.getString("stage"))),
        List.of("2 decode"));
    pipeline.run().waitUntilFinish();

    Schema without = Schema.builder().addInt64Field("id").build();
    assertThatThrownBy(
            () ->
                PCollectionRowTuple.of(
                        "input",
                        Pipeline.create()
                            .apply(Create.empty(RowCoder.of(without)))
                            .setRowSchema(without))
                    .apply(provider.from(configuration)))
        .hasMessageContaining("the input has no field 'jpeg'");
  }

  @Test
  void recordsComeBackFromTheirCoders() throws Exception {
    Embedding embedding =
        new Embedding("a", 3, "b", null, new float[] {1, 2}, null, null, null, "m");
    Embedding back = CoderUtils.clone(RecordSchema.coder(Embedding.class), embedding);
    assertThat(back).usingRecursiveComparison().isEqualTo(embedding);
    assertThat(RecordSchema.coder(Embedding.class)).isEqualTo(RecordSchema.coder(Embedding.class));
  }

  /** PAssert's own method needs Hamcrest. */
  private static <T> void assertHolds(PCollection<T> actual, List<T> expected) {
    PAssert.that(actual)
        .satisfies(
            found -> {
              assertThat(StreamSupport.stream(found.spliterator(), false).toList())
                  .containsExactlyInAnyOrderElementsOf(expected);
              return null;
            });
  }

  private static MetricQueryResults metrics(PipelineResult result, String name) {
    return result
        .metrics()
        .queryMetrics(
            MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.named(EmbedImages.METRICS, name))
                .build());
  }

  private static long counter(PipelineResult result, String name) {
    return StreamSupport.stream(metrics(result, name).getCounters().spliterator(), false)
        .mapToLong(counter -> counter.getAttempted())
        .sum();
  }

  private static DistributionResult distribution(PipelineResult result, String name) {
    return metrics(result, name).getDistributions().iterator().next().getAttempted();
  }
}
