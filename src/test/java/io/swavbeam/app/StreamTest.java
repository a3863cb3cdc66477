package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Commands.Outcome;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages and files have one row or one dead letter each, whatever becomes of topics, brokers and
 * files, on the DirectRunner.
 */
@Tag("slow")
class StreamTest {
  @TempDir private static Path shared;
  private static Path model;
  private static KafkaBroker kafka;

  @TempDir private Path folder;
  private Path output;
  private Path log;
  private String topic;
  private Process running;

  @BeforeAll
  static void start() throws Exception {
    model = TestPhotos.train(shared, 2);
    kafka = KafkaBroker.start(shared, "first", 1);
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @BeforeEach
  void prepare(TestInfo test) {
    output = folder.resolve("embeddings");
    log = folder.resolve("log");
    topic = test.getTestMethod().orElseThrow().getName();
  }

  @AfterEach
  void end() throws InterruptedException {
    if (running != null) {
      running.destroyForcibly().waitFor();
    }
  }

  private void embed(String... more) throws IOException {
    running = Commands.start(log, arguments(more));
  }

  private String[] arguments(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("embed", "--model=" + model, "--output=" + output, "--fileEvery=1s"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private void follow(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--kafka=" + kafka.servers(), "--topic=" + topic));
    arguments.addAll(List.of(more));
    embed(arguments.toArray(String[]::new));
  }

  private void stopRunning() throws InterruptedException {
    running.destroy();
    assertThat(running.waitFor()).isEqualTo(143);
  }

  /** The names of the images that have rows; each row is another one. */
  private List<String> rows() throws IOException {
    EmbeddedFolder embedded = new EmbeddedFolder(output);
    assertThat(embedded.rows()).as("no row twice").doesNotHaveDuplicates();
    return embedded.names();
  }

  private List<DeadLetter> letters() throws IOException {
    return new EmbeddedFolder(output).letters();
  }

  private void await(int rows, int letters) throws IOException {
    try {
      FlinkCluster.await(
          rows + " rows and " + letters + " dead letters",
          () -> {
            if (!running.isAlive()) {
              throw new AssertionError("it has ended");
            }
            return rows().size() == rows && letters().size() == letters;
          });
    } catch (AssertionError | ConditionTimeoutException e) {
      throw new AssertionError(
          "%s; there are %s, %s%n%s"
              .formatted(e.getMessage(), rows(), letters(), Files.readString(log)),
          e);
    }
  }

  private static byte[] jpeg(int number) {
    return TestImages.jpeg(number % 7, 24, 24);
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
    // While it runs, with fewer partitions,
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

  /** Version 0.2 named no ids: its rows stand for the topic that has the name now. */
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
    assertThat(output.resolve(".kafka/" + topic + ".json")).exists();
    stopRunning();
    kafka.deleteTopic(topic);
    kafka.createTopic(topic, 1);
    kafka.send(topic, jpegs(5, 3));
    follow("--messages=images");
    await(8, 0);
  }

  /** Writes the rows as version 0.2 had them. */
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
  void partitionsThatAreAddedAreRead() throws Exception {
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
  }

  @Test
  void abortedMessagesAreNotEmbedded() throws Exception {
    kafka.createTopic(topic, 1);
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
    follow("--messages=images");
    await(9, 0);
    assertThat(rows()).allMatch(row -> row.matches("[024]-\\d\\.jpg"));
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
        .anyMatch(letter -> letter.error().contains("--messages=images"));
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
    Outcome none = Commands.swav(arguments("--kafka=" + kafka.servers(), "--topic=no.such.topic"));
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err())
        .contains("--topic=no.such.topic: there is no such topic at " + kafka.servers())
        .hasLineCount(1);
    Outcome host = Commands.swav(arguments("--kafka=no.such.host:9092", "--topic=images"));
    assertThat(host.exitCode()).isEqualTo(1);
    assertThat(host.err()).contains("--kafka=no.such.host:9092").hasLineCount(1);
    Outcome away =
        Commands.swav(
            arguments(
                "--kafka=localhost:" + KafkaBroker.freePort(),
                "--topic=images",
                "--giveUpAfter=1s"));
    assertThat(away.exitCode()).isEqualTo(1);
    assertThat(away.err()).contains("has not answered").hasLineCount(1);
  }

  @Test
  void aWatchedFolderMayHaveAnyName() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("in[box] {a,b}*"));
    Files.createDirectories(folder.resolve("inb {a}x"));
    Files.write(inbox.resolve("a.jpg"), jpeg(1));
    Files.write(Files.createDirectories(inbox.resolve("c[at]")).resolve("b[1].jpg"), jpeg(2));
    // Its own output in it.
    output = inbox.resolve("embeddings");
    Path other = Files.createDirectories(folder.resolve("other"));
    embed("--input=" + other + "," + inbox.toString().replace(",", "\\,"), "--watch=1s");
    await(2, 0);
    Files.delete(other); // one that is away does not hide the others
    Files.write(inbox.resolve("c.jpg"), jpeg(3));
    await(3, 0);
    Files.write(inbox.resolve("d.jpg"), jpeg(4));
    await(4, 0);
  }

  @Test
  void growingFilesAreTakenWhenTheyAreWhole() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    Files.write(inbox.resolve("one.jpg"), jpeg(1));
    for (String name :
        List.of("two.jpg.part", "two.jpg.filepart", "two.jpg~", ".two.jpg", ".rsync/two.jpg")) {
      Files.createDirectories(inbox.resolve(name).getParent());
      Files.write(inbox.resolve(name), jpeg(2));
    }
    embed("--input=" + inbox, "--watch=1s", "--settle=3s");
    Path growing = inbox.resolve("grows.tar");
    byte[] tar = tar(30);
    for (int end = 0; end < tar.length; end += tar.length / 8) {
      Files.write(growing, Arrays.copyOf(tar, end));
      Thread.sleep(700); // a slow upload
    }
    Files.write(growing, tar);
    Files.move(
        inbox.resolve("two.jpg.part"), inbox.resolve("two.jpg"), StandardCopyOption.ATOMIC_MOVE);
    await(32, 0);
    FlinkCluster.await(
        "the files that are passed over",
        () -> Files.readString(log).contains("5 files are passed over"));
  }

  /** Not whole for so long that they are taken: then they come again when they have changed. */
  @Test
  void whatWasIncompleteIsLookedAtAgainWhenItChanges() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    byte[] whole = jpeg(1);
    Path image = Files.write(inbox.resolve("a.jpg"), Arrays.copyOf(whole, whole.length / 2));
    byte[] tar = tar(30);
    Path archive = Files.write(inbox.resolve("b.tar"), Arrays.copyOf(tar, tar.length / 2));
    Path empty = Files.write(inbox.resolve("c.jpg"), new byte[0]);
    Path good = Files.write(inbox.resolve("d.jpg"), jpeg(4));
    embed("--input=" + inbox, "--watch=1s", "--settle=0s");
    FlinkCluster.await("the dead letters", () -> letters().size() == 3 && rows().size() > 10);
    Files.write(image, whole);
    Files.write(archive, tar);
    Files.write(empty, jpeg(3));
    Files.write(good, jpeg(5));
    await(33, 0);
  }

  private static byte[] tar(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (int i = 0; i < count; i++) {
        byte[] jpeg = jpeg(i);
        TarArchiveEntry entry = new TarArchiveEntry("%02d.jpg".formatted(i));
        entry.setSize(jpeg.length);
        tar.putArchiveEntry(entry);
        tar.write(jpeg);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void aMendedImageHasNoDeadLetter() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 5; i++) {
      Files.write(photos.resolve(i + ".jpg"), jpeg(i));
    }
    byte[] whole = jpeg(6);
    Files.write(photos.resolve("bad.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(photos.resolve("worse.jpg"), Arrays.copyOf(whole, whole.length / 3));
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    // Another image changes the output shard, and no letter is doubled.
    Files.write(photos.resolve("more.jpg"), jpeg(5));
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    Files.write(photos.resolve("bad.jpg"), whole);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(1).allMatch(letter -> letter.name().equals("worse.jpg"));
    Path gone = Files.write(photos.resolve("gone.jpg"), new byte[100]);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    Files.delete(gone);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(1);
    Files.write(photos.resolve("worse.jpg"), whole);
    embed("--input=" + photos, "--watch=1s");
    await(8, 0);
  }
}
