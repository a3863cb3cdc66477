package io.swavbeam.app.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.embedding.EmbedOptions;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.KafkaBroker;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.EmbedImagesSchemaTransformProvider;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.output.WriteEmbeddings;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.errorhandling.BadRecord;
import org.apache.beam.sdk.transforms.errorhandling.ErrorHandler;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionRowTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.joda.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines of users with transforms of swav, on a cluster. */
@Tag("slow")
class FlinkPipelineTest {
  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();

  @TempDir private static Path shared;
  private static String model;

  @TempDir private Path folder;
  private Path out;

  @BeforeAll
  static void train() throws IOException {
    model = TestPhotos.train(shared, 2).toString();
  }

  private EmbedOptions options(int parallelism) throws Exception {
    out = folder.resolve("out");
    return Options.parse(
        List.of(
            "--runner=FlinkRunner",
            "--flinkMaster=" + CLUSTER.master(),
            "--parallelism=" + parallelism),
        EmbedOptions.class);
  }

  private Pipeline endless(int parallelism) throws Exception {
    EmbedOptions options = options(parallelism);
    FlinkSetup.prepareEndless(options);
    Pipeline pipeline = Pipeline.create(options);
    return pipeline;
  }

  /** Embeddings as rows, failures with an error handler, and the transform for other languages. */
  @Test
  void rowsFailuresAndOtherLanguages() throws Exception {
    EmbedOptions options = options(2);
    FlinkSetup.prepare(options);
    Pipeline pipeline = Pipeline.create(options);
    List<KV<String, byte[]>> images = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      images.add(KV.of("image" + i, TestImages.jpeg(i, 24, 24)));
    }
    byte[] whole = TestImages.jpeg(1, 24, 24);
    images.add(KV.of("cut", Arrays.copyOf(whole, whole.length / 2)));
    PCollection<KV<String, byte[]>> source =
        pipeline.apply(
            "Images",
            Create.of(images).withCoder(KvCoder.of(StringUtf8Coder.of(), ByteArrayCoder.of())));

    ErrorHandler.BadRecordErrorHandler<PCollection<Void>> handler =
        pipeline.registerBadRecordErrorHandler(new WriteBadRecords(out + "/handled"));
    try (handler) {
      source
          .apply("Embed", EmbedImages.<String>ofBytes(model).withBadRecordErrorHandler(handler))
          .toRows()
          .apply("WriteRows", ParDo.of(new WriteRowFn(out + "/rows", "key")));
    }

    Schema schema = Schema.builder().addStringField("id").addByteArrayField("jpeg").build();
    EmbedImagesSchemaTransformProvider provider = new EmbedImagesSchemaTransformProvider();
    PCollectionRowTuple results =
        PCollectionRowTuple.of(
                "input", source.apply("ToRows", ParDo.of(new ToRowFn(schema))).setRowSchema(schema))
            .apply(
                "ByName",
                provider.from(
                    Row.withSchema(provider.configurationSchema())
                        .withFieldValue("model", model)
                        .withFieldValue("image_field", "jpeg")
                        .withFieldValue("key_field", "id")
                        .build()));
    results.get("output").apply("WriteOutput", ParDo.of(new WriteRowFn(out + "/output", "id")));
    results.get("errors").apply("WriteErrors", ParDo.of(new WriteRowFn(out + "/errors", "key")));
    pipeline.run();

    List<String> keys = IntStream.range(0, 9).mapToObj(i -> "image" + i).toList();
    FlinkCluster.await(
        "all results",
        () ->
            files("rows").size() + files("output").size() == 18
                && files("handled").size() + files("errors").size() == 2);
    assertThat(files("rows")).containsOnlyKeys(keys);
    assertThat(files("output")).containsOnlyKeys(keys);
    assertThat(files("handled").values()).allMatch(text -> text.contains("\"name\":\"cut\""));
    assertThat(files("errors")).containsOnlyKeys("cut");
    assertThat(files("rows").values()).allMatch(row -> row.contains("cluster_probability"));
  }

  /** Each key of existing embeddings is written once. */
  @Test
  void embeddingsThatExistAreWrittenOnce() throws Exception {
    ModelDescription described =
        new ModelDescription(
            "some-model", new EvaluationConfig(32, 32), 0.1, 3, DecodingConfig.DEFAULT, null, null);
    EmbedOptions options = options(2);
    FlinkSetup.prepare(options);
    Pipeline batch = Pipeline.create(options);
    Folder written = Folder.of(folder.resolve("written"));
    batch
        .apply(GenerateSequence.from(0).to(3_000))
        .apply("ToEmbedding", ParDo.of(new ToEmbeddingFn(1_000)))
        .apply("Write", WriteEmbeddings.to(written, described));
    batch.run();
    FlinkCluster.await("the rows of the batch job", () -> positions(written).size() == 1_000);
    assertThat(positions(written)).doesNotHaveDuplicates();
  }

  private static List<Long> positions(Folder written) throws IOException {
    List<Long> positions = new ArrayList<>();
    if (!EmbeddingFiles.list(written).isEmpty()) {
      EmbeddingFiles.read(written, row -> positions.add(row.position()));
    }
    return positions;
  }

  private static final class ToEmbeddingFn extends DoFn<Long, Embedding> {
    private final int keys;

    ToEmbeddingFn(int keys) {
      this.keys = keys;
    }

    @ProcessElement
    public void process(@Element Long number, OutputReceiver<Embedding> output) {
      output.output(
          new Embedding(
              "elsewhere",
              number % keys,
              "image",
              null,
              new float[] {number % keys, 1},
              null,
              0,
              1f,
              "some-model"));
    }
  }

  private static final class ToRowFn extends DoFn<KV<String, byte[]>, Row> {
    private final Schema schema;

    ToRowFn(Schema schema) {
      this.schema = schema;
    }

    @ProcessElement
    public void process(@Element KV<String, byte[]> image, OutputReceiver<Row> output) {
      output.output(Row.withSchema(schema).addValues(image.getKey(), image.getValue()).build());
    }
  }

  private static final class WriteRowFn extends DoFn<Row, Void> {
    private final String folder;
    private final String keyField;

    WriteRowFn(String folder, String keyField) {
      this.folder = folder;
      this.keyField = keyField;
    }

    @ProcessElement
    public void process(@Element Row row) throws IOException {
      write(folder, row.getString(keyField), row.toString(true));
    }
  }

  private static final class WriteBadRecords
      extends PTransform<PCollection<BadRecord>, PCollection<Void>> {
    private final String folder;

    WriteBadRecords(String folder) {
      this.folder = folder;
    }

    @Override
    public PCollection<Void> expand(PCollection<BadRecord> records) {
      return records
          .apply(
              "ToText",
              MapElements.into(TypeDescriptors.strings())
                  .via(record -> record.getRecord().getHumanReadableJsonRecord()))
          .apply("WriteText", ParDo.of(new WriteTextFn(folder)));
    }
  }

  private static final class WriteTextFn extends DoFn<String, Void> {
    private final String folder;

    WriteTextFn(String folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element String text) throws IOException {
      write(folder, Integer.toHexString(text.hashCode()), text);
    }
  }

  /** Single images that wait for others, also if workers die. */
  @Test
  void batchesOfAStreamFillAndNoKeyIsLostOrDoubled() throws Exception {
    int images = 200;
    Pipeline pipeline = endless(1);
    pipeline
        .apply("OneByOne", GenerateSequence.from(0).withRate(1, Duration.millis(100)))
        .apply("Images", ParDo.of(new ImageFn()))
        .setCoder(KvCoder.of(VarLongCoder.of(), ByteArrayCoder.of()))
        .apply("Embed", EmbedImages.<Long>ofBytes(model).withBatchSize(64))
        .embeddings()
        .apply("Write", ParDo.of(new WriteOnceFn(out.toString())));
    pipeline.run();
    FlinkCluster.await("the first keys", () -> files("").size() >= 50);
    CLUSTER.replaceTaskManagers();
    FlinkCluster.await("all keys", () -> files("").size() >= images);
    CLUSTER.cancel();

    Map<String, String> files = files("");
    assertThat(files.keySet())
        .containsAll(
            IntStream.range(0, images - 64) // later images may be in progress
                .mapToObj(Integer::toString)
                .toList());
    // The embeddings of a batch arrive together, and batches are a second apart.
    List<Long> times = files.values().stream().map(Long::valueOf).sorted().toList();
    int batches = 1;
    for (int i = 1; i < times.size(); i++) {
      batches += times.get(i) - times.get(i - 1) > 200 ? 1 : 0;
    }
    assertThat((double) times.size() / batches).as("images in a batch").isGreaterThanOrEqualTo(8);
  }

  private static final class ImageFn extends DoFn<Long, KV<Long, byte[]>> {
    @ProcessElement
    public void process(@Element Long number, OutputReceiver<KV<Long, byte[]>> output) {
      output.output(KV.of(number, TestImages.jpeg((int) (number % 7), 24, 24)));
    }
  }

  /** A sink that accepts a key once, like a table with a primary key. */
  private static final class WriteOnceFn extends DoFn<KV<Long, Embedding>, Void> {
    private final String folder;

    WriteOnceFn(String folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element KV<Long, Embedding> embedding) throws IOException {
      if (!Files.exists(Path.of(folder, "" + embedding.getKey()))) {
        write(folder, "" + embedding.getKey(), "" + System.currentTimeMillis());
      }
    }
  }

  /** Windows after the transform close while the stream continues, and contain each image once. */
  @Test
  void windowsCloseWhateverHappensToTheWorkers() throws Exception {
    try (KafkaBroker kafka = KafkaBroker.start(folder, "images", 3)) {
      Pipeline pipeline = endless(2);
      pipeline
          .apply(
              "Read",
              KafkaIO.<String, byte[]>read()
                  .withBootstrapServers(kafka.servers())
                  .withTopic("images")
                  .withKeyDeserializer(StringDeserializer.class)
                  .withValueDeserializer(ByteArrayDeserializer.class)
                  .withConsumerConfigUpdates(Map.of("auto.offset.reset", "earliest"))
                  .withCreateTime(Duration.ZERO)
                  .withoutMetadata())
          .apply("Window", Window.into(FixedWindows.of(Duration.standardSeconds(2))))
          .apply("Embed", EmbedImages.<String>ofBytes(model))
          .embeddings()
          .apply(
              "Keys",
              MapElements.into(TypeDescriptors.strings()).via(KV<String, Embedding>::getKey))
          .apply(
              "ToOneKey", WithKeys.<Integer, String>of(0).withKeyType(TypeDescriptors.integers()))
          .apply("ByWindow", GroupByKey.create())
          .apply("Write", ParDo.of(new WriteWindowFn(out.toString())));
      pipeline.run();
      AtomicBoolean enough = new AtomicBoolean();
      Thread sender = new Thread(() -> send(kafka, enough), "sender");
      sender.start();
      try {
        FlinkCluster.await("the first windows", () -> keys().size() >= 30);
        CLUSTER.replaceTaskManagers();
        int before = keys().size();
        FlinkCluster.await("windows of the other workers", () -> keys().size() >= before + 100);
      } finally {
        enough.set(true);
        sender.join();
      }
      List<String> keys = keys();
      assertThat(keys).doesNotHaveDuplicates();
      // Without gaps: messages are sent in order, and their windows are complete.
      assertThat(keys)
          .contains(IntStream.range(0, keys.size()).mapToObj(i -> "" + i).toArray(String[]::new));
    }
  }

  private static void send(KafkaBroker kafka, AtomicBoolean enough) {
    try {
      for (int i = 0; !enough.get(); i++) {
        kafka.send("images", Map.of("" + i, TestImages.jpeg(i % 7, 24, 24)));
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> keys() throws IOException {
    return files("").values().stream().flatMap(String::lines).toList();
  }

  private static final class WriteWindowFn extends DoFn<KV<Integer, Iterable<String>>, Void> {
    private final String folder;

    WriteWindowFn(String folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element KV<Integer, Iterable<String>> keys, BoundedWindow window)
        throws IOException {
      write(folder, "" + window.maxTimestamp().getMillis(), String.join("\n", keys.getValue()));
    }
  }

  private static void write(String folder, String name, String text) throws IOException {
    Path file = Files.createDirectories(Path.of(folder)).resolve(name);
    Path unfinished = Path.of(file + ".part");
    Files.writeString(unfinished, text);
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Returns the files of a folder by name. */
  private Map<String, String> files(String name) throws IOException {
    Map<String, String> files = new TreeMap<>();
    Path of = out.resolve(name);
    if (Files.isDirectory(of)) {
      try (Stream<Path> list = Files.list(of)) {
        for (Path file :
            list.filter(path -> Files.isRegularFile(path) && !path.toString().endsWith(".part"))
                .toList()) {
          files.put(file.getFileName().toString(), Files.readString(file));
        }
      }
    }
    return files;
  }
}
