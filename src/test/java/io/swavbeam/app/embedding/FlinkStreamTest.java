package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.EmbeddedFolder;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.KafkaBroker;
import io.swavbeam.app.testing.ObjectStore;
import io.swavbeam.app.testing.PausingProxy;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Streams on a cluster: each element has one row or one dead letter, even if processes die. */
@Tag("slow")
class FlinkStreamTest {
  /** {@code -Dkafka.images=20000 -Dkafka.stages=3 -Dkafka.kills=2} is the full test. */
  private static final int IMAGES = Integer.getInteger("kafka.images", 800);

  /** The job is stopped and started between stages. */
  private static final int STAGES = Integer.getInteger("kafka.stages", 2);

  /** The number of kills per stage, alternating between a TaskManager and the broker. */
  private static final int KILLS = Integer.getInteger("kafka.kills", 1);

  private static final int PARTITIONS = 6;
  private static final int BATCH = 40;

  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();
  @RegisterExtension static final ObjectStore STORE = new ObjectStore();

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    model = TestPhotos.train(shared, 2);
  }

  private Path output() {
    return folder.resolve("embeddings");
  }

  private CompletableFuture<Outcome> embed(String... more) {
    return CompletableFuture.supplyAsync(
        () ->
            Commands.swav(
                List.of(
                    "embed",
                    "--model=" + model,
                    "--output=" + output(),
                    "--runner=FlinkRunner",
                    "--flinkMaster=" + CLUSTER.master(),
                    "--parallelism=2",
                    "--fileEvery=2s"),
                more));
  }

  private List<String> rows() throws IOException {
    return new EmbeddedFolder(output()).rows();
  }

  private List<DeadLetter> letters() throws IOException {
    return new EmbeddedFolder(output()).letters();
  }

  /** Sends batches of messages in transactions, of which one in five is aborted. */
  private static final class Sender {
    private final KafkaBroker kafka;
    private final String topic;
    private final Random random = new Random(1);
    private int producers;
    private int sent;
    private int good;
    private int bad;

    Sender(KafkaBroker kafka, String topic) {
      this.kafka = kafka;
      this.topic = topic;
    }

    /** Uses a new producer, because the broker may have been killed. */
    void send(int images, int partitions) throws Exception {
      try (KafkaProducer<byte[], byte[]> producer = kafka.producer("sender" + producers++)) {
        producer.initTransactions();
        send(producer, images, partitions);
      }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, int images, int partitions) {
      int end = sent + images;
      for (int batch = 0; sent < end; batch++) {
        boolean aborted = batch % 5 == 4;
        producer.beginTransaction();
        for (int i = 0; i < BATCH; i++) {
          boolean isBad = random.nextInt(50) == 0;
          byte[] value = isBad ? bad(random.nextInt(10)) : TestImages.jpeg(i % 7, 24, 24);
          Future<RecordMetadata> unused =
              producer.send(
                  new ProducerRecord<>(topic, random.nextInt(partitions), name(sent + i), value));
          good += aborted || isBad ? 0 : 1;
          bad += aborted || !isBad ? 0 : 1;
        }
        if (aborted) {
          producer.flush();
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          sent += BATCH;
        }
      }
    }

    private static byte[] name(int number) {
      return text("%05d.jpg".formatted(number));
    }

    private static byte[] text(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] bad(int way) {
      byte[] jpeg = TestImages.jpeg(1, 24, 24);
      return switch (way) {
        case 0 -> null;
        case 1 -> new byte[0];
        case 2 -> text("/photos/reference.jpg");
        case 3 -> Arrays.copyOf(jpeg, jpeg.length / 2);
        case 4 -> new byte[1000];
        case 5 -> text("<html><body>404</body></html>");
        case 6 -> text("%PDF-1.7");
        case 7 -> new byte[] {(byte) 0x1f, (byte) 0x8b, 8, 0};
        case 8 -> Arrays.copyOf(jpeg, 4);
        default -> text("a\0b");
      };
    }
  }

  @Test
  void everyCommittedMessageHasOneRowOrOneLetter() throws Exception {
    try (KafkaBroker kafka = KafkaBroker.start(folder, "images", PARTITIONS - 2)) {
      Sender sender = new Sender(kafka, "images");
      for (int stage = 0; stage < STAGES; stage++) {
        CompletableFuture<Outcome> job =
            embed("--kafka=" + kafka.servers(), "--topic=images", "--messages=images");
        if (stage == 1) {
          kafka.setPartitions("images", PARTITIONS);
        }
        int partitions = stage == 0 ? PARTITIONS - 2 : PARTITIONS;
        int parts = KILLS + 1;
        for (int part = 0; part < parts; part++) {
          sender.send(IMAGES / STAGES / parts, partitions);
          int before = rows().size();
          FlinkCluster.await("rows", () -> rows().size() > before || job.isDone());
          assertThat(job).isNotDone();
          if (part < parts - 1 && (part + stage) % 2 == 0) {
            CLUSTER.replaceTaskManager();
          } else if (part < parts - 1) {
            kafka.kill();
            kafka.start();
          }
        }
        FlinkCluster.await(
            "stage %d: %d rows, %d letters".formatted(stage, sender.good, sender.bad),
            () -> rows().size() >= sender.good && letters().size() >= sender.bad);
        if (stage == STAGES - 1) {
          CLUSTER.awaitCheckpoints(2); // results in progress would be visible then
        }
        CLUSTER.cancel();
        assertThat(job.get().err()).contains("ended in state CANCELLED");
      }
      List<String> rows = rows();
      Set<String> all = new HashSet<>(rows);
      assertThat(rows).as("rows").hasSize(sender.good);
      assertThat(all).as("different rows").hasSize(sender.good);
      List<DeadLetter> letters = letters();
      assertThat(letters).as("dead letters").hasSize(sender.bad);
      letters.forEach(letter -> all.add(letter.source() + "@" + letter.position()));
      assertThat(all).as("rows and dead letters").hasSize(sender.good + sender.bad);
    }
  }

  @Test
  void aTopicThatIsMadeAgainWhileItIsReadIsAnotherOne() throws Exception {
    try (KafkaBroker kafka = KafkaBroker.start(folder, "images", 1)) {
      kafka.send("images", 0, TestImages.jpeg(1, 24, 24), TestImages.jpeg(2, 24, 24));
      CompletableFuture<Outcome> job =
          embed("--kafka=" + kafka.servers(), "--topic=images", "--messages=images");
      FlinkCluster.await("the first rows", () -> rows().size() == 2);
      kafka.deleteTopic("images");
      kafka.createTopic("images", 1);
      kafka.send("images", 0, TestImages.jpeg(3, 24, 24), TestImages.jpeg(4, 24, 24));
      FlinkCluster.await("the new rows", () -> rows().size() == 4);
      // A path in place of an image, and a message without a value.
      kafka.send("images", 0, "s3://bucket".getBytes(StandardCharsets.UTF_8), null);
      FlinkCluster.await("the dead letters", () -> letters().size() == 2);
      assertThat(new HashSet<>(rows())).hasSize(4);
      CLUSTER.cancel();
      job.get();
    }
  }

  @Test
  void growingAndIncompleteFilesAreRowsInTheEnd() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("in[box]"));
    byte[] whole = TestImages.jpeg(1, 24, 24);
    Path image = Files.write(inbox.resolve("a.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(inbox.resolve("b.jpg"), whole);
    Files.write(inbox.resolve("c.jpg.part"), whole);
    CompletableFuture<Outcome> job = embed("--input=" + inbox, "--watch=1s");
    FlinkCluster.await("a row and a letter", () -> rows().size() == 1 && letters().size() == 1);
    Files.write(image, whole);
    Files.move(inbox.resolve("c.jpg.part"), inbox.resolve("c.jpg"));
    FlinkCluster.await("all rows", () -> rows().size() == 3 && letters().isEmpty());
    assertThat(rows()).doesNotHaveDuplicates();
    CLUSTER.cancel();
    job.get();
  }

  @Test
  void aBucketThatIsAwayIsWaitedFor() throws Exception {
    STORE.putObject("inbox/a.jpg", TestImages.jpeg(1, 24, 24));
    try (PausingProxy network = new PausingProxy(STORE.port())) {
      List<String> arguments = new ArrayList<>(STORE.options(network.port()));
      arguments.addAll(List.of("--input=s3://photos/inbox", "--watch=1s"));
      CompletableFuture<Outcome> job = embed(arguments.toArray(String[]::new));
      FlinkCluster.await("the first row", () -> rows().size() == 1 || job.isDone());
      network.away(true);
      STORE.putObject("inbox/b.jpg", TestImages.jpeg(2, 24, 24));
      TimeUnit.SECONDS.sleep(15); // the outage itself
      assertThat(job).isNotDone();
      network.away(false);
      FlinkCluster.await("both rows", () -> rows().size() == 2 || job.isDone());
      assertThat(job).isNotDone();
      assertThat(letters()).isEmpty();
      CLUSTER.cancel();
      job.get();
    }
  }

  /** There is no GPU, so the job fails at once, and the command prints the reason. */
  @Test
  void anErrorThatCannotPassFailsTheJobAtOnce() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    Files.write(photos.resolve("a.jpg"), TestImages.jpeg(1, 24, 24));
    embed("--input=" + photos, "--device=gpu:7", "--watch=1s")
        .get(90, TimeUnit.SECONDS)
        .refused(
            "--device=gpu:7 cannot be used: this build is for CPUs only: build with `mvn package -Pgpu`");
  }
}
