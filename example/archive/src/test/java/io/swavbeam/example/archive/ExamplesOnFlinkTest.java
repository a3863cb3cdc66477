package io.swavbeam.example.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.cluster.LocalCluster;
import io.swavbeam.example.catalogue.Catalogue;
import io.swavbeam.example.catalogue.EmbedPhotos;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.awt.Color;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As described in embed.md: in separate processes, which upload only their own classes. */
@Tag("slow")
class ExamplesOnFlinkTest {
  private static final List<String> OWN =
      Stream.of(EmbedPhotos.class, EmbedArchive.class).map(Catalogue::classes).toList();

  @TempDir private Path folder;

  @Test
  void embeds() throws Exception {
    Catalogue catalogue = Catalogue.in(folder);
    Path cluster = Files.createDirectories(folder.resolve("cluster"));
    try {
      String master =
          LocalCluster.start(new LocalCluster.Shape(cluster, libraries(false), 1, 2, 640, 0))
              .master();
      List<String> flink =
          List.of(
              "--runner=FlinkRunner",
              "--flinkMaster=" + master,
              "--parallelism=1",
              "--filesToStage=" + String.join(",", OWN));
      Path log = folder.resolve("log");
      for (int job = 0; job < 2; job++) { // the second one on the same workers
        Process process = start(EmbedPhotos.class, log, List.of(catalogue.arguments(), flink));
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        catalogue.assertAllAreThere();
      }
      assertOneJobAtATime(flink);
    } finally {
      LocalCluster.stop(cluster);
    }
  }

  private static Process start(Class<?> main, Path log, List<List<String>> arguments)
      throws IOException {
    return Catalogue.start(
        main, libraries(true), log, arguments.stream().flatMap(List::stream).toList());
  }

  /** Returns the class path of this test, with or without the examples. */
  private static String libraries(boolean own) {
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(all.split(File.pathSeparator))
        .filter(path -> own || !OWN.contains(path))
        .filter(path -> !path.contains("test-classes") && !path.endsWith("-tests.jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** While a job embeds into a folder, a job with other images fails with an error. */
  private void assertOneJobAtATime(List<String> flink) throws Exception {
    Path output = folder.resolve("archive");
    Path first = folder.resolve("first.log");
    Process watching =
        start(
            EmbedArchive.class,
            first,
            List.of(
                arguments("photos", output),
                flink,
                List.of("--watch=true", "--streaming=true", "--checkpointingInterval=1000")));
    try {
      while (!Files.exists(output) || rows(output) < 8) {
        assertThat(watching.isAlive()).as(Files.readString(first)).isTrue();
        Thread.onSpinWait();
      }
      Files.createDirectories(folder.resolve("others"));
      Catalogue.draw(folder.resolve("others/1.png"), Color.RED);
      Path second = folder.resolve("second.log");
      for (List<String> runner : List.of(List.<String>of(), flink)) {
        Process refused =
            start(EmbedArchive.class, second, List.of(arguments("others", output), runner));
        assertThat(refused.waitFor()).isNotZero();
        assertThat(second)
            .content()
            .contains("another job is writing to %s (images that are added to".formatted(output));
      }
    } finally {
      watching.destroyForcibly().waitFor();
    }
    assertThat(rows(output)).isEqualTo(8);
  }

  private List<String> arguments(String input, Path output) {
    return List.of(
        "--model=" + folder.resolve("run"),
        "--input=" + folder.resolve(input),
        "--output=" + output);
  }

  private static long rows(Path output) throws IOException {
    long[] rows = new long[1];
    if (!EmbeddingFiles.list(Folder.of(output)).isEmpty()) {
      EmbeddingFiles.read(Folder.of(output), row -> rows[0]++);
    }
    return rows[0];
  }
}
