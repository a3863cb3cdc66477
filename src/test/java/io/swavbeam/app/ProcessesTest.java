package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands in separate processes, which are killed or stopped. */
class ProcessesTest {
  @TempDir private Path folder;
  private Path photos;
  private Path recipe;

  @BeforeEach
  void write() throws IOException {
    photos = TestPhotos.catsAndDogs(folder);
    recipe = TestPhotos.recipe(folder);
  }

  /** A run that is killed three times ends with the same result as an undisturbed run. */
  @Test
  @Tag("slow")
  void survivesSigkill() throws Exception {
    List<String> command =
        List.of(
            "train",
            "--input=" + photos,
            "--preset=" + recipe,
            "--steps=64",
            "--checkpointEvery=8");
    assertThat(start(command, "whole", "--targetParallelism=1").waitFor()).isZero();
    for (int kill = 0; kill < 3; kill++) {
      Process process = start(command, "killed", "--targetParallelism=4");
      Path next = folder.resolve("killed/checkpoints/step-" + 16 * (kill + 1));
      FlinkCluster.await("a checkpoint", () -> Files.exists(next) || !process.isAlive());
      process.destroyForcibly().waitFor();
      assertThat(next).exists();
      assertThat(folder.resolve("killed/checkpoints/step-64")).doesNotExist();
    }
    assertThat(start(command, "killed", "--targetParallelism=4").waitFor()).isZero();
    Map<String, byte[]> whole = Commands.files(folder.resolve("whole/checkpoints"));
    Map<String, byte[]> killed = Commands.files(folder.resolve("killed/checkpoints"));
    assertThat(whole).containsKey("step-64/variables.index");
    assertThat(killed.keySet()).isEqualTo(whole.keySet());
    whole.forEach((name, bytes) -> assertThat(killed.get(name)).as(name).isEqualTo(bytes));
  }

  /** No step is repeated, and the result has the same bits as that of an uninterrupted run. */
  @ParameterizedTest
  @CsvSource({"TERM,143", "INT,130"})
  @Tag("slow")
  void aSignalLeavesACheckpointAtItsStep(String signal, int exitCode) throws Exception {
    List<String> command =
        List.of(
            "train",
            "--input=" + photos,
            "--preset=" + recipe,
            "--steps=120",
            "--checkpointEvery=100000");
    Process process = start(command, "stopped", "--targetParallelism=2");
    Path log = folder.resolve("stopped.log");
    FlinkCluster.await(
        "some steps", () -> Files.exists(log) && Files.readString(log).contains("step 2"));
    signal(process, signal);
    assertThat(process.waitFor()).isEqualTo(exitCode);
    Matcher said =
        Pattern.compile("swav: stopped after step (\\d+) with a checkpoint")
            .matcher(Files.readString(log));
    assertThat(said.find()).as(Files.readString(log)).isTrue();
    assertThat(Files.readString(log))
        .contains("swav: SIG%s: finishing the current step".formatted(signal));
    assertThat(folder.resolve("stopped/checkpoints/step-" + said.group(1))).isDirectory();
    assertThat(start(command, "stopped", "--targetParallelism=2").waitFor()).isZero();
    assertThat(Files.readString(log)).contains("resuming after step " + said.group(1));
    assertThat(start(command, "whole", "--targetParallelism=1").waitFor()).isZero();
    String weights = "checkpoints/step-120/variables.data-00000-of-00001";
    assertThat(folder.resolve("stopped").resolve(weights))
        .hasSameBinaryContentAs(folder.resolve("whole").resolve(weights));
  }

  private static void signal(Process process, String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** A folder can be watched without a cluster, too. */
  @Test
  @Tag("slow")
  void followsAFolderInOneProcess() throws Exception {
    assertThat(
            Commands.swav(
                    "train",
                    "--input=" + photos,
                    "--output=" + path("run"),
                    "--preset=" + recipe,
                    "--steps=3")
                .err())
        .isEmpty();
    Process embedding =
        start(
            List.of(
                "embed",
                "--model=" + path("run"),
                "--input=" + photos,
                "--watch=1s",
                "--fileEvery=1s"),
            "embeddings",
            "--targetParallelism=2");
    try {
      Path output = folder.resolve("embeddings");
      FlinkCluster.await("the first rows", () -> rows(output) == 40);
      Path unfinished = Files.write(photos.resolve("new.part"), TestImages.jpeg(3, 24, 24));
      Files.move(unfinished, photos.resolve("cat/new.jpg"));
      FlinkCluster.await("one more row", () -> rows(output) == 41);
      assertThat(embedding.isAlive()).isTrue();
    } finally {
      embedding.destroyForcibly().waitFor();
    }
  }

  private static long rows(Path embeddings) throws IOException {
    return EmbeddingFiles.rows(
        EmbeddingFiles.summaries(EmbeddingFiles.list(Folder.of(embeddings))));
  }

  private Process start(List<String> command, String run, String more) throws IOException {
    List<String> line = new ArrayList<>(command);
    line.add("--output=" + path(run));
    line.add(more);
    return Commands.start(folder.resolve(run + ".log"), line.toArray(String[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
