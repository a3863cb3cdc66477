package io.swavbeam.example;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.cluster.LocalCluster;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.TrainingRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains and embeds as somebody who has the library alone. */
class EmbedPhotosTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void embedsACatalogue() throws Exception {
    prepare();
    EmbedPhotos.main(arguments().toArray(String[]::new));
    assertAllAreThere();
  }

  /** As embed.md says it: in a process of its own, with its own classes as all that is staged. */
  @Test
  @Tag("slow")
  void embedsACatalogueOnFlink() throws Exception {
    prepare();
    String own = Path.of("target", "classes").toAbsolutePath().toString();
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    String others =
        Arrays.stream(all.split(File.pathSeparator))
            .filter(path -> !Path.of(path).startsWith(Path.of("target").toAbsolutePath()))
            .collect(Collectors.joining(File.pathSeparator));
    Path cluster = Files.createDirectories(folder.resolve("cluster"));
    try {
      String master =
          LocalCluster.start(new LocalCluster.Shape(cluster, others, 1, 2, 640, 0)).master();
      List<String> flink =
          List.of(
              "--runner=FlinkRunner",
              "--flinkMaster=" + master,
              "--parallelism=1",
              "--filesToStage=" + own);
      Path log = folder.resolve("log");
      for (int job = 0; job < 2; job++) { // the second one in the same workers
        Process process = start(EmbedPhotos.class, own, others, log, List.of(arguments(), flink));
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        assertAllAreThere();
      }
      assertOneJobAtATime(own, others, flink);
    } finally {
      LocalCluster.stop(cluster);
    }
  }

  private static Process start(
      Class<?> main, String own, String others, Path log, List<List<String>> arguments)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-cp", own + File.pathSeparator + others, main.getName()));
    arguments.forEach(line::addAll);
    return new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  /** While a job embeds into a folder, one of other images is told so, on any runner. */
  private void assertOneJobAtATime(String own, String others, List<String> flink) throws Exception {
    Path output = folder.resolve("archive");
    List<String> these = archive("photos", output);
    Path first = folder.resolve("first.log");
    Process watching =
        start(
            EmbedArchive.class,
            own,
            others,
            first,
            List.of(
                these,
                flink,
                List.of("--watch=true", "--streaming=true", "--checkpointingInterval=1000")));
    try {
      while (!Files.exists(output) || rows(output) < 8) {
        assertThat(watching.isAlive()).as(Files.readString(first)).isTrue();
        Thread.onSpinWait();
      }
      Files.createDirectories(folder.resolve("others"));
      draw(folder.resolve("others/1.png"), Color.RED);
      List<String> those = archive("others", output);
      Path second = folder.resolve("second.log");
      for (List<String> runner : List.of(List.<String>of(), flink)) {
        Process refused = start(EmbedArchive.class, own, others, second, List.of(those, runner));
        assertThat(refused.waitFor()).isNotZero();
        assertThat(second)
            .content()
            .contains("another job is writing to %s (whatever comes to".formatted(output));
      }
    } finally {
      watching.destroyForcibly().waitFor();
    }
    assertThat(rows(output)).isEqualTo(8);
  }

  private List<String> archive(String input, Path output) {
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

  private void prepare() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    List<String> catalogue = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Path photo = photos.resolve("product-%d.png".formatted(i));
      draw(photo, new Color(30 * i, 255 - 30 * i, 100));
      catalogue.add("product %d\t%s".formatted(i, photo.toUri()));
    }
    Path broken = Files.writeString(folder.resolve("broken.png"), "no image");
    catalogue.add("broken\t" + broken.toUri());

    SwavConfig recipe =
        RecipeOverrides.apply(
            Presets.load("cifar10"),
            JSON.readTree("{\"width\": 2, \"batchSize\": 8, \"prototypes\": 4}"));
    TrainingRun.of(recipe, List.of(photos.toString()), folder.resolve("run"))
        .withSteps(2)
        .run(PipelineOptionsFactory.create());

    Files.write(folder.resolve("catalogue.tsv"), catalogue);
  }

  private List<String> arguments() {
    return List.of(
        "--model=" + folder.resolve("run"),
        "--catalogue=" + folder.resolve("catalogue.tsv"),
        "--output=" + folder.resolve("embeddings"));
  }

  private void assertAllAreThere() throws IOException {
    List<JsonNode> rows = lines("embeddings-0");
    assertThat(rows).hasSize(8);
    assertThat(rows).extracting(row -> row.get("key").asText()).doesNotHaveDuplicates();
    assertThat(rows).allMatch(row -> row.get("embedding").size() == 16);
    assertThat(lines("embeddings-failures"))
        .extracting(letter -> letter.get("name").asText())
        .containsExactly("broken");
  }

  private static void draw(Path file, Color color) throws IOException {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setColor(color);
    pen.fillOval(4, 4, 20, 24);
    pen.dispose();
    ImageIO.write(image, "png", file.toFile());
  }

  private List<JsonNode> lines(String prefix) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files.filter(path -> path.getFileName().toString().startsWith(prefix)).toList()) {
        for (String line : Files.readAllLines(file)) {
          lines.add(JSON.readTree(line));
        }
      }
    }
    return lines;
  }
}
