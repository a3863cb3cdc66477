package io.swavbeam.example;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.cluster.LocalCluster;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.SwavConfig;
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
      List<String> line = new ArrayList<>();
      line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      line.addAll(List.of("-cp", own + File.pathSeparator + others, EmbedPhotos.class.getName()));
      line.addAll(arguments());
      line.addAll(
          List.of(
              "--runner=FlinkRunner",
              "--flinkMaster=" + master,
              "--parallelism=2",
              "--filesToStage=" + own));
      Path log = folder.resolve("log");
      for (int job = 0; job < 2; job++) { // the second one in the same workers
        Process process =
            new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        assertAllAreThere();
      }
    } finally {
      LocalCluster.stop(cluster);
    }
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
