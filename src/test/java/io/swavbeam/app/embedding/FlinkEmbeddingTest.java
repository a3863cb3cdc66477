package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.KafkaBroker;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Embedding on a cluster: every image has one row, even if workers die. */
@Tag("slow")
class FlinkEmbeddingTest {
  private static final Path CIFAR =
      Path.of(System.getProperty("parity.dir")).resolveSibling("data/cifar10-train.tar");

  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    model = TestPhotos.train(shared, 4);
  }

  private Outcome embed(String... more) {
    return Commands.swav(
        List.of(
            "embed",
            "--model=" + model,
            "--output=" + output(),
            "--runner=FlinkRunner",
            "--flinkMaster=" + CLUSTER.master(),
            "--parallelism=2"),
        more);
  }

  private Path output() {
    return folder.resolve("embeddings");
  }

  /** Returns the visible rows by source and name. */
  private List<String> rows() throws IOException {
    List<String> rows = new ArrayList<>();
    if (!EmbeddingFiles.list(Folder.of(output())).isEmpty()) {
      EmbeddingFiles.read(Folder.of(output()), row -> rows.add(row.source() + "#" + row.name()));
    }
    return rows;
  }

  private long rowCount() throws IOException {
    return rows().size();
  }

  private void assertEveryImageOnce(int images) throws IOException {
    List<String> rows = rows();
    assertThat(rows).hasSize(images);
    Set<String> different = new HashSet<>(rows);
    assertThat(different).hasSize(images);
  }

  private static Path tar(Path file, int first, int count) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(unfinished))) {
      for (int i = first; i < first + count; i++) {
        byte[] jpeg = TestImages.jpeg(i % 7, 24, 24);
        TarArchiveEntry entry = new TarArchiveEntry("cat/%05d.jpg".formatted(i));
        entry.setSize(jpeg.length);
        tar.putArchiveEntry(entry);
        tar.write(jpeg);
        tar.closeArchiveEntry();
      }
    }
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void survivesTheDeathOfATaskManager() throws Exception {
    boolean real = Files.exists(CIFAR);
    Path input = real ? CIFAR : tar(folder.resolve("images.tar"), 0, 8_000);
    int images = real ? 50_000 : 8_000;
    CompletableFuture<Outcome> embedding =
        CompletableFuture.supplyAsync(() -> embed("--input=" + input));
    FlinkCluster.await("the first files", () -> rowCount() > 2_000 || embedding.isDone());
    CLUSTER.replaceTaskManager();
    Outcome outcome = embedding.get();
    assertThat(outcome.err()).isEmpty();
    assertEveryImageOnce(images);
    try (Stream<Path> files = Files.list(output())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.matches("embeddings-[0-9a-f]{24}\\.parquet|_swav"));
    }
    // A third job on the same workers, which has nothing to do.
    assertThat(embed("--input=" + input).out()).contains("nothing to do");
  }

  /**
   * A killed command leaves its job. The next command waits for it, and a signal cancels its own
   * job.
   */
  @Test
  void aCommandNamesItsJobAndWaitsForOneThatIsLeft() throws Exception {
    Path input = tar(folder.resolve("images.tar"), 0, 8_000);
    Path log = folder.resolve("log");
    Process killed = start(log, input);
    FlinkCluster.await("rows", () -> rowCount() > 0 || !killed.isAlive());
    String job = CLUSTER.job();
    assertThat(Files.readString(log))
        .contains("job %s; see http://%s/#/job/running/%s".formatted(job, CLUSTER.master(), job));
    killed.destroyForcibly().waitFor();
    // The workers hold the folder, although their command was killed.
    Path others = tar(folder.resolve("others.tar"), 30_000, 3);
    Outcome refused =
        Commands.swav("embed", "--model=" + model, "--input=" + others, "--output=" + output());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains("another job is writing to %s (%s)".formatted(output(), input))
        .hasLineCount(1);
    Outcome next = embed("--input=" + input);
    assertThat(next.err()).isEmpty();
    assertThat(next.out())
        .contains("waiting for job " + job + " of an earlier command with the same work");
    assertEveryImageOnce(8_000);

    Files.delete(log);
    Path other = tar(folder.resolve("more.tar"), 8_000, 16_000);
    Process signalled = start(log, other);
    FlinkCluster.await("rows", () -> rowCount() > 8_000 || !signalled.isAlive());
    String own = CLUSTER.job();
    signalled.destroy();
    assertThat(signalled.waitFor()).isEqualTo(143);
    assertThat(Files.readString(log)).contains("job " + own + " has been cancelled");
    FlinkCluster.await(
        "the end of the job",
        () -> CLUSTER.get("/jobs/" + own).orElse("").contains("\"state\":\"CANCELED\""));
  }

  private Process start(Path log, Path input) throws IOException {
    return Commands.start(
        log,
        "embed",
        "--model=" + model,
        "--input=" + input,
        "--output=" + output(),
        "--runner=FlinkRunner",
        "--flinkMaster=" + CLUSTER.master(),
        "--parallelism=2");
  }

  @Test
  void refusesMoreParallelismThanThereAreSlots() throws Exception {
    Outcome refused =
        Commands.swav(
            "embed",
            "--model=" + model,
            "--input=" + tar(folder.resolve("images.tar"), 0, 10),
            "--output=" + output(),
            "--runner=FlinkRunner",
            "--flinkMaster=" + CLUSTER.master(),
            "--parallelism=9");
    assertThat(refused.err())
        .contains("--parallelism=9 is more than the 4 slots of the cluster", "give --parallelism=4")
        .hasLineCount(1);
    assertThat(refused.exitCode()).isEqualTo(1);
  }

  @Test
  void saysWhatItWaitsFor() throws Exception {
    Path input = tar(folder.resolve("images.tar"), 0, 8_000);
    Path log = folder.resolve("log");
    // The job uses all four slots.
    Process first =
        Commands.start(
            folder.resolve("first.log"),
            "embed",
            "--model=" + model,
            "--input=" + Files.createDirectories(folder.resolve("inbox")),
            "--output=" + folder.resolve("first"),
            "--watch=1s",
            "--runner=FlinkRunner",
            "--flinkMaster=" + CLUSTER.master(),
            "--parallelism=4");
    Process second = null;
    try {
      FlinkCluster.await(
          "the first job",
          () ->
              !first.isAlive()
                  || (runningJob(folder.resolve("first")).isPresent() && freeSlots() == 0));
      String job = runningJob(folder.resolve("first")).orElseThrow();
      second = start(log, input);
      Process waiting = second;
      FlinkCluster.await(
          "two lines",
          () ->
              !waiting.isAlive()
                  || (Files.exists(log)
                      && Files.readString(log).split("the job waits for slots: 0 of 4", -1).length
                          > 2));
      assertThat(Files.readString(log)).contains("others run: " + job);
    } finally {
      first.destroyForcibly().waitFor();
      if (second != null) {
        second.destroyForcibly().waitFor();
      }
    }
  }

  /** Returns the job that embeds into a folder. A job of another test may be ending. */
  private static Optional<String> runningJob(Path output) throws IOException {
    for (JsonNode job :
        new ObjectMapper().readTree(CLUSTER.get("/jobs/overview").orElse("{}")).path("jobs")) {
      if (job.path("name").asText().contains(output.toString())
          && job.path("state").asText().equals("RUNNING")) {
        return Optional.of(job.path("jid").asText());
      }
    }
    return Optional.empty();
  }

  private static int freeSlots() throws IOException {
    return new ObjectMapper()
        .readTree(CLUSTER.get("/overview").orElse("{}"))
        .path("slots-available")
        .asInt(-1);
  }

  @Test
  void followsAFolderWhateverHappensToTheWorkers() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("inbox/cat"));
    for (int i = 0; i < 30; i++) {
      drop(inbox, i);
    }
    CompletableFuture<Outcome> embedding =
        CompletableFuture.supplyAsync(
            () ->
                embed(
                    "--input=" + folder.resolve("inbox"),
                    "--watch=1s",
                    "--fileEvery=2s",
                    "--refreshModel=1s"));
    FlinkCluster.await("the first images", () -> rowCount() == 30);
    for (int i = 30; i < 60; i++) {
      drop(inbox, i);
    }
    CLUSTER.replaceTaskManager();
    for (int i = 60; i < 90; i++) {
      drop(inbox, i);
    }
    tar(folder.resolve("inbox/more.tar"), 0, 40);
    FlinkCluster.await("all images", () -> rowCount() >= 130);
    trainOn();
    drop(inbox, 90);
    FlinkCluster.await("a row of the newer model", () -> rowCount() >= 131);
    CLUSTER.awaitCheckpoints(2); // results in progress would be visible then
    assertEveryImageOnce(131);
    Set<String> models = new HashSet<>();
    EmbeddingFiles.read(
        Folder.of(output()),
        row -> models.add(row.model().replaceAll(".*-step-|(?<=\\d)-[0-9a-f]{12}", "")));
    assertThat(models).containsExactlyInAnyOrder("4-pixels5-scaled", "6-pixels5-scaled");
    CLUSTER.cancel();
    assertThat(embedding.get().err()).contains("ended in state CANCELLED");
  }

  /** Exports another model into the run directory, like a training that continues. */
  private static void trainOn() throws IOException {
    Path other = shared.resolve("other");
    Commands.swav(
        "train",
        "--input=" + shared.resolve("photos"),
        "--output=" + other,
        "--preset=" + shared.resolve("tiny.json"),
        "--steps=6");
    Path old = shared.resolve("old_model");
    Files.move(model.resolve("saved_model"), old);
    Files.move(other.resolve("saved_model"), model.resolve("saved_model"));
  }

  private static void drop(Path folder, int number) throws IOException {
    Path unfinished =
        Files.write(folder.resolve(number + ".part"), TestImages.jpeg(number, 20 + number % 9, 24));
    Files.move(unfinished, folder.resolve("%03d.jpg".formatted(number)));
  }

  @Test
  void takesWhatComesThroughKafkaAndGoesOnFromACheckpoint() throws Exception {
    try (KafkaBroker kafka = KafkaBroker.start(folder, "images", 3)) {
      kafka.send("images", jpegs(0, 200));
      CompletableFuture<Outcome> first =
          CompletableFuture.supplyAsync(() -> embed(kafkaOptions(kafka)));
      FlinkCluster.await("the first messages", () -> rowCount() >= 200);
      kafka.send("images", jpegs(200, 100));
      CLUSTER.awaitCheckpoints(2);
      String checkpoint = CLUSTER.cancel();
      assertThat(first.get().err()).contains("ended in state CANCELLED");
      // The savepoint is of another pipeline.
      Outcome other =
          embed(
              "--input=" + shared, "--watch=1s", "--fileEvery=2s", "--savepointPath=" + checkpoint);
      assertThat(other.err())
          .contains("is of another pipeline, or of another version of swav")
          .hasLineCount(1);
      kafka.send("images", jpegs(300, 100));
      CompletableFuture<Outcome> second =
          CompletableFuture.supplyAsync(
              () -> {
                List<String> options = new ArrayList<>(List.of(kafkaOptions(kafka)));
                options.add("--savepointPath=" + checkpoint);
                return embed(options.toArray(String[]::new));
              });
      FlinkCluster.await("the later messages", () -> rowCount() >= 400);
      CLUSTER.awaitCheckpoints(2);
      assertEveryImageOnce(400);
      CLUSTER.cancel();
      second.get();
    }
  }

  private static String[] kafkaOptions(KafkaBroker kafka) {
    return new String[] {
      "--kafka=" + kafka.servers(), "--topic=images", "--messages=images", "--fileEvery=2s"
    };
  }

  private static Map<String, byte[]> jpegs(int first, int count) {
    Map<String, byte[]> messages = new LinkedHashMap<>();
    for (int i = first; i < first + count; i++) {
      messages.put("%05d.jpg".formatted(i), TestImages.jpeg(i % 7, 24, 24));
    }
    return messages;
  }
}
