package io.swavbeam.example;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.pipelines.training.TrainingRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains and embeds as somebody who has the library alone. */
class EmbedPhotosTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void embedsACatalogue() throws Exception {
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

    EmbedPhotos.main(
        new String[] {
          "--model=" + folder.resolve("run"),
          "--catalogue=" + Files.write(folder.resolve("catalogue.tsv"), catalogue),
          "--output=" + folder.resolve("embeddings")
        });

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
