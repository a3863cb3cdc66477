package io.swavbeam.example.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.pipelines.run.TrainingRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Eight photographs, a file that is not an image, a catalogue of them, and a model.
 *
 * @param folder the folder of these files
 */
public record Catalogue(Path folder) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Draws the photographs and trains the model. */
  public static Catalogue in(Path folder) throws Exception {
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
        Presets.load("cifar10")
            .with(JSON.readTree("{\"width\": 2, \"batchSize\": 8, \"prototypes\": 4}"));
    TrainingRun.of(recipe, List.of(photos.toString()), folder.resolve("run"))
        .withSteps(2)
        .run(PipelineOptionsFactory.create());

    Files.write(folder.resolve("catalogue.tsv"), catalogue);
    return new Catalogue(folder);
  }

  /** Returns the arguments of {@link EmbedPhotos}. */
  public List<String> arguments() {
    return List.of(
        "--model=" + folder.resolve("run"),
        "--catalogue=" + folder.resolve("catalogue.tsv"),
        "--output=" + folder.resolve("embeddings"));
  }

  /** Asserts that each photograph has an embedding, and the other file a dead letter. */
  public void assertAllAreThere() throws IOException {
    List<JsonNode> rows = lines("embeddings-0");
    assertThat(rows).hasSize(8);
    assertThat(rows).extracting(row -> row.get("key").asText()).doesNotHaveDuplicates();
    assertThat(rows).allMatch(row -> row.get("embedding").size() == 16);
    assertThat(lines("embeddings-failures"))
        .extracting(letter -> letter.get("name").asText())
        .containsExactly("broken");
  }

  /** Draws a photograph. */
  public static void draw(Path file, Color color) throws IOException {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setColor(color);
    pen.fillOval(4, 4, 20, 24);
    pen.dispose();
    ImageIO.write(image, "png", file.toFile());
  }

  /**
   * Starts a program in a separate process.
   *
   * @param libraries the class path
   */
  public static Process start(Class<?> main, String libraries, Path log, List<String> arguments)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-cp", libraries, main.getName()));
    line.addAll(arguments);
    return new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  /** Returns the folder or the jar with the classes of a program. */
  public static String classes(Class<?> main) {
    return new File(main.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath();
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
