package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.search.Cosine;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Uses the files of version 0.1. {@code version-0.1} has an archive, a run that was stopped after
 * two of four steps, its model, embeddings of the archive, and an index of them.
 */
@Tag("slow")
class EarlierVersionTest {
  /** The options of the run. {@code --codeViews} was the name in version 0.1. */
  private static final List<String> RECIPE =
      List.of(
          "--batchSize=8",
          "--prototypes=4",
          "--width=2",
          "--hiddenDim=8",
          "--projectionDim=4",
          "--queueLength=8",
          "--queueStartEpoch=0",
          "--warmupSteps=1",
          "--codeViews=0,1",
          "--seed=11",
          "--precision=float32",
          "--device=cpu",
          "--steps=4",
          "--checkpointEvery=2");

  private static final String RUN = "swav-4ef8354925fc-step-";

  @TempDir private Path folder;

  @BeforeEach
  void copy() throws IOException {
    Path written = Path.of("test/resources/version-0.1");
    try (Stream<Path> files = Files.walk(written)) {
      for (Path file : files.toList()) {
        Path copy = folder.resolve(written.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  /** The crops of version 0.1 were different. */
  @Test
  void refusesItsUnfinishedRunByName() {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.add("--input=" + path("images.tar"));
    arguments.add("--output=" + path("run"));
    arguments.addAll(RECIPE);
    Outcome train = Commands.swav(arguments);
    assertThat(train.err())
        .contains(
            "decoded or cropped differently (version 2, alpha=white, decode=full, now version 5, alpha=white, decode=full)")
        .hasLineCount(1);
    assertThat(train.exitCode()).isEqualTo(1);
    assertThat(folder.resolve("run/checkpoints/step-2")).isDirectory();
  }

  /** A restarted trainer opens it automatically. */
  @Test
  void readsItsManifest() throws IOException {
    Path manifest = folder.resolve("run/manifest");
    assertThat(manifest.resolve("images.parquet")).isNotEmptyFile();
    try (Manifest images = Manifest.read(manifest)) {
      assertThat(images.digest())
          .isEqualTo(RunDirectory.readConfig(folder.resolve("run")).manifest());
      assertThat(images.size()).isEqualTo(17);
    }
    assertThat(RunDirectory.readConfig(folder.resolve("run")).shuffle())
        .isEqualTo(Shuffle.FISHER_YATES);
  }

  @Test
  void embedsWithItsModel() throws IOException {
    Outcome embed = embed("again");
    assertThat(embed.err()).isEmpty();
    List<Embedding> before = rows("embeddings");
    List<Embedding> now = rows("again");
    assertThat(now).hasSameSizeAs(before).hasSize(16);
    for (int i = 0; i < now.size(); i++) {
      assertThat(now.get(i).name()).isEqualTo(before.get(i).name());
      assertThat(now.get(i).position()).isEqualTo(before.get(i).position());
      assertThat(now.get(i).model())
          .isEqualTo(before.get(i).model().replace("-pixels2", "-pixels5"));
      // The image is now scaled with Pillow's rounding, so its pixels differ by at most one level.
      assertThat(Cosine.of(now.get(i).embedding(), before.get(i).embedding()))
          .isGreaterThan(0.9999);
    }
  }

  @Test
  void leavesItsEmbeddingsAsTheyAre() throws IOException {
    Outcome embed = embed("embeddings");
    assertThat(embed.err())
        .contains(
            "decoded or scaled differently (version 2, alpha=white, decode=full, now version 5, alpha=white, decode=full)")
        .hasLineCount(1);
    assertThat(rows("embeddings")).hasSize(16);
  }

  @Test
  void exportsEvaluatesAndSearches() {
    assertThat(Commands.swav("export", "--run=" + path("run")).out())
        .contains("model " + RUN + "2 is in");
    Commands.swav("evaluate", "--train=" + path("embeddings"), "--neighbours=1").succeededQuietly();
    Outcome search =
        Commands.swav(
                "search",
                "--model=" + path("run"),
                "--embeddings=" + path("embeddings"),
                "--index=" + path("index"),
                "--query=" + path("images.tar"),
                "--top=1")
            .succeeded();
    assertThat(search.out()).contains("1.0000  blue/00.jpg  (blue)");
  }

  /** The model was written by this version and given a larger version number. */
  @Test
  void aModelOfALaterVersionIsNotReplaced() throws IOException {
    Path model = folder.resolve("run/saved_model/swav.json");
    String later = Files.readString(model).replaceFirst("\\{", "{\"version\": 99,");
    Files.writeString(model, later);
    Commands.swav("export", "--run=" + path("run")).refused("has format 99");
    assertThat(model).hasContent(later);
  }

  private Outcome embed(String output) {
    return Commands.swav(
        "embed",
        "--model=" + path("run"),
        "--input=" + path("images.tar"),
        "--output=" + path(output));
  }

  private List<Embedding> rows(String embeddings) throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(folder.resolve(embeddings)), rows::add);
    rows.sort(Comparator.comparing(Embedding::source).thenComparing(Embedding::position));
    return rows;
  }
}
