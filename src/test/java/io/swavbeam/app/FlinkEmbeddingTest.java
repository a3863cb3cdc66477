package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Commands.Outcome;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.embedding.EmbedOptions;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.joda.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Embedding on a cluster: every image has one row, whatever happens to the workers. */
@Tag("slow")
class FlinkEmbeddingTest {
  private static final Path CIFAR =
      Path.of(System.getProperty("parity.dir")).resolveSibling("data/cifar10-train.tar");

  private static final Pattern RUNNING =
      Pattern.compile("\"id\":\"([0-9a-f]{32})\",\"status\":\"(?:RUNNING|RESTARTING|CREATED)\"");

  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    Path photos = Files.createDirectories(shared.resolve("photos"));
    for (int i = 0; i < 16; i++) {
      Files.write(photos.resolve(i + ".jpg"), TestImages.jpeg(i % 2, 24, 24));
    }
    Path recipe =
        Files.writeString(shared.resolve("tiny.json"), ConfigJson.write(TinyRecipe.RECIPE));
    model = shared.resolve("run");
    assertThat(
            Commands.swav(
                    "train",
                    "--input=" + photos,
                    "--output=" + model,
                    "--preset=" + recipe,
                    "--steps=4")
                .err())
        .isEmpty();
  }

  private Outcome embed(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "embed",
                "--model=" + model,
                "--output=" + output(),
                "--runner=FlinkRunner",
                "--flinkMaster=" + CLUSTER.master(),
                "--parallelism=2"));
    arguments.addAll(List.of(more));
    return Commands.swav(arguments.toArray(String[]::new));
  }

  private Path output() {
    return folder.resolve("embeddings");
  }

  /** The rows that can be seen, by source and name. */
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
    FlinkCluster.await("the first files", () -> rowCount() > 2_000);
    CLUSTER.replaceTaskManager();
    Outcome outcome = embedding.get();
    assertThat(outcome.err()).isEmpty();
    assertEveryImageOnce(images);
    try (Stream<Path> files = Files.list(output())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(
              name ->
                  name.matches("embeddings-[0-9a-f]{24}\\.parquet|counts|\\.unfinished|\\.lock"));
    }
    // A third job on the same workers, which has nothing to do.
    assertThat(embed("--input=" + input).out()).contains("nothing to do");
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
      Thread.sleep(100);
    }
    CLUSTER.replaceTaskManager();
    for (int i = 60; i < 90; i++) {
      drop(inbox, i);
      Thread.sleep(100);
    }
    tar(folder.resolve("inbox/more.tar"), 0, 40);
    FlinkCluster.await("all images", () -> rowCount() >= 130);
    trainOn();
    drop(inbox, 90);
    FlinkCluster.await("a row of the newer model", () -> rowCount() >= 131);
    Thread.sleep(3_000);
    assertEveryImageOnce(131);
    Set<String> models = new HashSet<>();
    EmbeddingFiles.read(
        Folder.of(output()), row -> models.add(row.model().replaceAll(".*-step-", "")));
    assertThat(models).containsExactlyInAnyOrder("4-pixels2", "6-pixels2");
    cancel();
    assertThat(embedding.get().err()).contains("ended in state CANCELLED");
  }

  /** Another model in the run directory, as a training that goes on exports it. */
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
      String job = job();
      kafka.send("images", jpegs(200, 100));
      FlinkCluster.await("a checkpoint behind them", () -> completedCheckpoints(job) >= 2);
      String checkpoint = cancel();
      assertThat(first.get().err()).contains("ended in state CANCELLED");
      kafka.send("images", jpegs(300, 100));
      CompletableFuture<Outcome> second =
          CompletableFuture.supplyAsync(
              () -> {
                List<String> options = new ArrayList<>(List.of(kafkaOptions(kafka)));
                options.add("--savepointPath=" + checkpoint);
                return embed(options.toArray(String[]::new));
              });
      FlinkCluster.await("the later messages", () -> rowCount() >= 400);
      Thread.sleep(3_000);
      assertEveryImageOnce(400);
      cancel();
      second.get();
    }
  }

  /**
   * Somebody else's pipeline: images one by one, which wait for each other, also when workers die.
   */
  @Test
  void batchesOfAStreamFillAndNoKeyIsLostOrDoubled() throws Exception {
    int images = 300;
    Path out = folder.resolve("out");
    EmbedOptions options =
        Options.parse(
            List.of(
                "--runner=FlinkRunner",
                "--flinkMaster=" + CLUSTER.master(),
                // A second reader of this source would have nothing to read, and hold the
                // watermark.
                "--parallelism=1",
                "--checkpointingInterval=1000"),
            EmbedOptions.class);
    FlinkSetup.prepareEndless(options);
    Pipeline pipeline = Pipeline.create(options);
    PCollection<KV<Long, Embedding>> embeddings =
        pipeline
            .apply("OneByOne", GenerateSequence.from(0).withRate(1, Duration.millis(100)))
            .apply("Images", ParDo.of(new ImageFn()))
            .setCoder(KvCoder.of(VarLongCoder.of(), ByteArrayCoder.of()))
            .apply("Embed", EmbedImages.<Long>ofBytes(model.toString()).withBatchSize(64))
            .embeddings();
    embeddings.apply("Write", ParDo.of(new WriteFn(out.toString())));
    pipeline.run();
    FlinkCluster.await("the first keys", () -> lines(out).size() >= 50);
    CLUSTER.replaceTaskManagers();
    FlinkCluster.await("all keys", () -> lines(out).size() >= images);
    cancel();

    assertThat(lines(out))
        .extracting(line -> Integer.valueOf(line[0]))
        .doesNotHaveDuplicates()
        .containsAll(
            IntStream.range(0, images - 64).boxed().toList()); // those behind may be on their way
    // What comes out of a batch comes at once, and batches are a second apart.
    List<Long> times = lines(out).stream().map(line -> Long.valueOf(line[1])).sorted().toList();
    int batches = 1;
    for (int i = 1; i < times.size(); i++) {
      batches += times.get(i) - times.get(i - 1) > 200 ? 1 : 0;
    }
    assertThat((double) times.size() / batches).as("images in a batch").isGreaterThanOrEqualTo(8);
  }

  /** Key and time of each file. */
  private static List<String[]> lines(Path folder) throws IOException {
    List<String[]> lines = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(path -> !path.toString().endsWith(".part")).toList()) {
          lines.add(new String[] {file.getFileName().toString(), Files.readString(file)});
        }
      }
    }
    return lines;
  }

  private static final class ImageFn extends DoFn<Long, KV<Long, byte[]>> {
    @ProcessElement
    public void process(@Element Long number, OutputReceiver<KV<Long, byte[]>> output) {
      output.output(KV.of(number, TestImages.jpeg((int) (number % 7), 24, 24)));
    }
  }

  /** A sink that takes a key once, as a table with a primary key does. */
  private static final class WriteFn extends DoFn<KV<Long, Embedding>, Void> {
    private final String folder;

    WriteFn(String folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element KV<Long, Embedding> embedding) throws IOException {
      Path file = Files.createDirectories(Path.of(folder)).resolve("" + embedding.getKey());
      if (!Files.exists(file)) {
        Path unfinished = Path.of(file + ".part");
        Files.writeString(unfinished, "" + System.currentTimeMillis());
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      }
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

  private static String job() throws IOException {
    Matcher running = RUNNING.matcher(CLUSTER.get("/jobs").orElseThrow());
    assertThat(running.find()).as("a running job").isTrue();
    return running.group(1);
  }

  private static int completedCheckpoints(String job) throws IOException {
    Matcher completed =
        Pattern.compile("\"completed\":(\\d+)")
            .matcher(CLUSTER.get("/jobs/%s/checkpoints".formatted(job)).orElseThrow());
    return completed.find() ? Integer.parseInt(completed.group(1)) : 0;
  }

  /** Cancels the running job, and tells where its last checkpoint is. */
  private static String cancel() throws Exception {
    String job = job();
    CLUSTER.cancel(job);
    Matcher path =
        Pattern.compile("\"external_path\":\"([^\"]+)\"")
            .matcher(CLUSTER.get("/jobs/%s/checkpoints".formatted(job)).orElseThrow());
    // Those that a later one has replaced are still told of, but gone.
    return path.results()
        .map(result -> result.group(1))
        .filter(checkpoint -> Files.exists(Storage.path(checkpoint)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no checkpoint is left of job " + job));
  }

  /** A test that has failed must not keep the slots that the next one needs. */
  @AfterEach
  void cancelAll() throws Exception {
    Matcher running = RUNNING.matcher(CLUSTER.get("/jobs").orElseThrow());
    while (running.find()) {
      CLUSTER.cancel(running.group(1));
    }
  }
}
