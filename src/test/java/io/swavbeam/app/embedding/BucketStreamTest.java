package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.ObjectStore;
import io.swavbeam.app.testing.PausingProxy;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Watched buckets with outages, and objects with any names. */
@Tag("slow")
class BucketStreamTest {
  @RegisterExtension static final ObjectStore STORE = new ObjectStore("transient");

  /** {@code -Dbucket.outages=3 -Dbucket.away=120 -Dbucket.there=480} takes half an hour. */
  private static final int OUTAGES = Integer.getInteger("bucket.outages", 1);

  private static final int SECONDS_AWAY = Integer.getInteger("bucket.away", 15);
  private static final int SECONDS_THERE = Integer.getInteger("bucket.there", 1);

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    model = TestPhotos.train(shared, 2);
  }

  private String[] arguments(int port, String... more) {
    List<String> arguments = new ArrayList<>(List.of("embed", "--model=" + model));
    arguments.addAll(STORE.options(port));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static void put(String folder, int first, int count) {
    for (int i = first; i < first + count; i++) {
      STORE.putObject("%s/%04d.jpg".formatted(folder, i), TestImages.jpeg(i % 7, 24, 24));
    }
  }

  private static int rows(String folder) throws IOException {
    STORE.connect();
    List<String> rows = new ArrayList<>();
    if (!EmbeddingFiles.list(Folder.of(folder)).isEmpty()) {
      EmbeddingFiles.read(Folder.of(folder), row -> rows.add(row.source()));
    }
    assertThat(new HashSet<>(rows)).as("no row twice").hasSameSizeAs(rows);
    return rows.size();
  }

  /** The embeddings are in the watched folder, so both reading and writing fail. */
  @Test
  void aBucketThatIsAwayIsWaitedFor() throws Exception {
    Path log = folder.resolve("log");
    String output = ObjectStore.BUCKET + "/inbox/embeddings";
    long start = System.nanoTime();
    try (PausingProxy network = new PausingProxy(STORE.port())) {
      put("inbox", 0, 10);
      Process embedding =
          Commands.start(
              log,
              arguments(
                  network.port(),
                  "--input=s3://photos/inbox",
                  "--output=" + output,
                  "--watch=1s",
                  "--fileEvery=1s"));
      try {
        int expected = 10;
        await("the first rows", embedding, log, output, expected);
        for (int outage = 0; outage < OUTAGES; outage++) {
          put("inbox", expected, 5); // some may be in progress
          network.away(true);
          for (int second = 0; second < SECONDS_AWAY; second++) {
            put("inbox", expected + 5 + second, 1);
            TimeUnit.SECONDS.sleep(1); // the outage itself
          }
          network.away(false);
          expected += 5 + SECONDS_AWAY;
          await("rows of outage " + outage, embedding, log, output, expected);
          for (int second = 0; second < SECONDS_THERE; second++) {
            put("inbox", expected++, 1);
            TimeUnit.SECONDS.sleep(1);
          }
        }
        await("all rows", embedding, log, output, expected);
      } finally {
        embedding.destroyForcibly().waitFor();
      }
    }
    long minutes = 1 + (System.nanoTime() - start) / 60_000_000_000L;
    assertThat(Files.readAllLines(log).stream().filter(line -> line.startsWith("WARN ")).toList())
        .isNotEmpty()
        .hasSizeLessThanOrEqualTo((int) minutes)
        .allMatch(line -> line.contains("s3://photos has not answered for"));
    assertThat(STORE.below("s3://photos/inbox/embeddings"))
        .noneMatch(name -> name.startsWith("_swav/dead-letters"));
  }

  private static void await(String what, Process embedding, Path log, String output, int expected) {
    FlinkCluster.await(
        what,
        () -> {
          assertThat(embedding.isAlive()).as(Files.readString(log)).isTrue();
          return rows(output) == expected;
        });
  }

  @Test
  void patienceEndsWhenItIsToldTo() throws Exception {
    put("given-up", 0, 1);
    Path log = folder.resolve("log");
    try (PausingProxy network = new PausingProxy(STORE.port())) {
      Process embedding =
          Commands.start(
              log,
              arguments(
                  network.port(),
                  "--input=s3://photos/given-up",
                  "--output=" + folder.resolve("out"),
                  "--watch=1s",
                  "--fileEvery=1s",
                  "--giveUpAfter=3s"));
      FlinkCluster.await(
          "a row", () -> !EmbeddingFiles.list(Folder.of(folder.resolve("out"))).isEmpty());
      network.away(true);
      assertThat(embedding.waitFor()).isEqualTo(1);
    }
    assertThat(Files.readString(log))
        .contains("swav: s3://photos has not answered for")
        .doesNotContain("bug");
  }

  @Test
  void aBucketThatDoesNotExistIsOneLine() {
    Outcome outcome =
        Commands.swav(
            arguments(
                STORE.port(),
                "--input=s3://nowhere/inbox",
                "--output=" + folder.resolve("out"),
                "--watch=1s"));
    assertThat(outcome.err()).contains("s3://nowhere", "the bucket does not exist").hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
  }

  @Test
  void objectsOfAnyNameAreCounted() throws IOException {
    byte[] jpeg = TestImages.jpeg(1, 24, 24);
    String strange = "na[m]es/br[a]{c}*.jpg";
    STORE.putObject(strange, jpeg);
    STORE.putObject("na[m]es/bra.jpg", jpeg);
    STORE.putObject("na[m]es/cat.jpg/", jpeg);
    STORE.putObject("na[m]es/marker/", new byte[0]);
    STORE.putObject("names/other.jpg", jpeg);
    STORE.connect();

    String uri = ObjectStore.BUCKET + "/" + strange;
    assertThat(InputFiles.named(uri).location().uri()).isEqualTo(uri);
    assertThat(names(uri)).containsExactly("br[a]{c}*.jpg");
    assertThat(names("s3://photos/na[m]es")).containsExactly("br[a]{c}*.jpg", "bra.jpg");
    assertThat(names("s3://photos/na[m]es/*.jpg")).containsExactly("br[a]{c}*.jpg", "bra.jpg");
    assertThat(names("s3://photos/name*/*.jpg")).containsExactly("names/other.jpg");
    assertThat(InputFiles.find(List.of("s3://photos/na[m]es")).deadLetters())
        .hasSize(1)
        .allMatch(letter -> letter.source().equals("s3://photos/na[m]es/cat.jpg/"));

    Path out = folder.resolve("out");
    Outcome outcome =
        Commands.swav(arguments(STORE.port(), "--input=s3://photos/na[m]es", "--output=" + out));
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).contains("3 entries: 2 embeddings, 1 dead letters, 0 other files");
  }

  private static List<String> names(String input) throws IOException {
    return InputFiles.find(List.of(input)).files().stream().map(InputFile::name).toList();
  }
}
