package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.EmbeddingStream;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.KafkaBroker;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.kafka.ReadImagesFromKafka;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Each message has one row or one dead letter, even if topics are recreated and brokers die. */
@Tag("slow")
class TopicStreamTest extends EmbeddingStream {
  @TempDir private static Path brokers;
  private static KafkaBroker kafka;

  private String topic;

  @BeforeAll
  static void start() throws Exception {
    kafka = KafkaBroker.start(brokers, "first", 1);
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    topic = test.getTestMethod().orElseThrow().getName();
  }

  private void follow(String... more) throws IOException {
    embed(Commands.all(List.of("--kafka=" + kafka.servers(), "--topic=" + topic), more));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> jpegs(int first, int count) {
    Map<String, byte[]> messages = new LinkedHashMap<>();
    for (int i = first; i < first + count; i++) {
      messages.put("%05d.jpg".formatted(i), jpeg(i));
    }
    return messages;
  }

  @Test
  void aTopicThatWasMadeAgainIsAnotherOne() throws Exception {
    kafka.createTopic(topic, 3);
    kafka.send(topic, jpegs(0, 3));
    follow("--messages=images");
    await(3, 0);
    // Recreated while the job runs, with fewer partitions,
    kafka.deleteTopic(topic);
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(10, 5));
    await(8, 0);
    stopRunning();
    // and between two jobs.
    kafka.deleteTopic(topic);
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(20, 4));
    follow("--messages=images");
    await(12, 0);
  }

  /** Another pipeline reads names and bytes. */
  @Test
  void anotherPipelineGetsNamesAndBytes() throws Exception {
    kafka.createTopic(topic, 2);
    Map<String, byte[]> sent = jpegs(0, 5);
    kafka.send(topic, sent);
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setBlockOnRun(false);
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply("Read", ReadImagesFromKafka.of(kafka.servers(), topic))
        .images()
        .apply("Keep", ParDo.of(new KeepFn()));
    PipelineResult running = pipeline.run();
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> KeepFn.RECEIVED.size() == sent.size());
    running.cancel();
    sent.forEach((name, bytes) -> assertThat(KeepFn.RECEIVED.get(name)).as(name).isEqualTo(bytes));
  }

  private static final class KeepFn extends DoFn<KV<String, byte[]>, Void> {
    static final Map<String, byte[]> RECEIVED = new ConcurrentHashMap<>();

    @ProcessElement
    public void process(@Element KV<String, byte[]> image) {
      RECEIVED.put(image.getKey(), image.getValue());
    }
  }

  /** Rows of version 0.2 have no ids. They belong to the topic that currently has the name. */
  @Test
  void rowsWithoutIdsAreOfTheTopicAsItIsNow() throws Exception {
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(0, 3));
    follow("--messages=images");
    await(3, 0);
    stopRunning();
    forgetIds();
    kafka.send(topic, jpegs(3, 2));
    follow("--messages=images");
    await(5, 0);
    assertThat(output.resolve("_swav/kafka/" + topic + ".json")).exists();
    stopRunning();
    kafka.deleteTopic(topic);
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(5, 3));
    follow("--messages=images");
    await(8, 0);
  }

  /** Writes the rows in the format of version 0.2. */
  private void forgetIds() throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(output), rows::add);
    ModelDescription description = Embedder.describe(model);
    description = description.in(Precision.FLOAT32, description.present());
    try (Stream<Path> files = Files.list(output)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".parquet")).toList()) {
        Files.delete(file);
      }
    }
    try (FileChannel channel =
            FileChannel.open(
                output.resolve("embeddings-0.parquet"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE);
        EmbeddingFiles.Writer writer = new EmbeddingFiles.Writer(channel, description)) {
      for (Embedding row : rows) {
        writer.write(
            new Embedding(
                "kafka://%s/0".formatted(topic),
                row.position(),
                row.name(),
                row.label(),
                row.embedding(),
                row.projection(),
                row.cluster(),
                row.clusterProbability(),
                row.model()));
      }
    }
  }

  @Test
  void partitionsThatAreAddedAreReadAndAbortedMessagesAreNot() throws Exception {
    kafka.createTopic(topic, 2);
    kafka.send(topic, 0, jpeg(0), jpeg(1));
    kafka.send(topic, 1, jpeg(2));
    follow("--messages=images");
    await(3, 0);
    kafka.setPartitions(topic, 4);
    kafka.send(topic, 2, jpeg(3), jpeg(4));
    kafka.send(topic, 3, jpeg(5));
    kafka.send(topic, 0, jpeg(6));
    await(7, 0);
    sendTransactions();
    await(16, 0);
    assertThat(rows())
        .filteredOn(row -> row.endsWith(".jpg"))
        .allMatch(row -> row.matches("[024]-\\d\\.jpg"));
  }

  /** Sends six transactions of three messages, of which every second one is aborted. */
  private void sendTransactions() throws Exception {
    try (var producer = kafka.producer("some")) {
      producer.initTransactions();
      for (int i = 0; i < 6; i++) {
        producer.beginTransaction();
        for (int j = 0; j < 3; j++) {
          producer
              .send(new ProducerRecord<>(topic, 0, text("%d-%d.jpg".formatted(i, j)), jpeg(i)))
              .get();
        }
        if (i % 2 == 0) {
          producer.commitTransaction();
        } else {
          producer.abortTransaction();
        }
      }
    }
  }

  @Test
  void deletedMessagesAreCounted() throws Exception {
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(0, 4));
    follow("--messages=images");
    await(4, 0);
    stopRunning();
    kafka.send(topic, jpegs(4, 6));
    kafka.deleteBefore(topic, 0, 7);
    follow("--messages=images");
    await(7, 0);
    assertThat(Files.readString(log))
        .contains("partition 0 of topic %s: 3 messages were deleted".formatted(topic));
  }

  @Test
  void badMessagesAreDeadLettersAndNotDoubled() throws Exception {
    kafka.createTopic(topic, 1);
    Path photos = Files.createDirectories(folder.resolve("photos"));
    Path good = Files.write(photos.resolve("good.jpg"), jpeg(1));
    Path named = Files.write(photos.resolve("br[a]{c}*.jpg"), jpeg(2));
    Path later = photos.resolve("later.jpg");
    kafka.send(
        topic,
        0,
        text(good.toString()),
        text(named + "\n"),
        text("s3://bucket"),
        text("s3://"),
        text("s3:///key"),
        text("a\0b"),
        text("file://host/x.jpg"),
        text("file:%zz"),
        text("gs://there/is/none.jpg"),
        text("http://host/x.jpg"),
        text(""),
        null,
        jpeg(3),
        new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1},
        text("x".repeat(5000)),
        text(later.toString()),
        text(photos.toString()),
        text(good.toString()),
        text("S3://photos/x.jpg"),
        text(photos + "/../photos//./good.jpg"),
        text(Files.writeString(photos.resolve("notes.txt"), "no image").toString()),
        text(Files.write(photos.resolve("empty.tar"), tar(0)).toString()));
    follow();
    await(2, 18);
    assertThat(letters())
        .filteredOn(letter -> letter.source().startsWith("kafka://"))
        .hasSize(16)
        .allMatch(letter -> letter.source().endsWith("/0") && letter.position() != null);
    assertThat(letters())
        .allMatch(letter -> letter.error().lines().count() == 1)
        .anyMatch(letter -> letter.kind() == ErrorKind.IMAGE_IN_MESSAGE);
    stopRunning();
    Files.write(later, jpeg(4));
    follow();
    await(3, 17);
    kafka.send(topic, 0, text(good.toString()));
    Files.write(photos.resolve("last.jpg"), jpeg(5));
    kafka.send(topic, 0, text(photos.resolve("last.jpg").toString()));
    await(4, 17);
    assertThat(Files.readString(log)).doesNotContain("bug");
  }

  @Test
  void imagesInPlaceOfReferencesAreSaidOnce() throws Exception {
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(0, 120));
    follow();
    await(0, 120);
    FlinkCluster.await(
        "a line", () -> Files.readString(log).contains("messages so far hold images"));
    assertThat(Files.readString(log)).contains("--messages=images embeds them");
  }

  @Test
  void aBrokerThatIsAwayIsWaitedFor() throws Exception {
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(0, 3));
    follow("--messages=images");
    await(3, 0);
    kafka.kill();
    FlinkCluster.await(
        "a line", () -> Files.readString(log).contains("Kafka at " + kafka.servers() + " has not"));
    kafka.start();
    kafka.send(topic, jpegs(3, 3));
    await(6, 0);
    assertThat(Files.readAllLines(log).stream().filter(line -> line.startsWith("WARN ")).toList())
        .hasSizeBetween(1, 2);
  }

  @Test
  void whatCannotBeReadIsOneLineAtTheStart() throws IOException {
    Commands.swav(arguments("--kafka=" + kafka.servers(), "--topic=no.such.topic"))
        .refused("--topic=no.such.topic: there is no such topic at " + kafka.servers());
    Commands.swav(arguments("--kafka=no.such.host:9092", "--topic=images"))
        .refused("--kafka=no.such.host:9092");
    Commands.swav(
            arguments(
                "--kafka=localhost:" + KafkaBroker.freePort(),
                "--topic=images",
                "--giveUpAfter=1s"))
        .refused("has not answered");
  }
}
