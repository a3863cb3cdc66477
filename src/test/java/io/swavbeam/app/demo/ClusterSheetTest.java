package io.swavbeam.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.EmbeddingFiles;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterSheetTest {
  @TempDir private Path folder;

  @Test
  void drawsARowForEachClusterTheLargestFirst() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    List<Embedding> rows = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String name = i + ".jpg";
      Files.write(photos.resolve(name), TestImages.jpeg(i, 20, 20));
      int cluster = i < 2 ? 7 : 3;
      rows.add(
          new Embedding(
              photos.resolve(name).toString(),
              name,
              null,
              new float[] {1},
              new float[] {1},
              cluster,
              0.1f * i,
              "model"));
    }
    Path embeddings = Files.createDirectories(folder.resolve("embeddings"));
    try (EmbeddingFiles.Writer writer =
        new EmbeddingFiles.Writer(
            Files.newByteChannel(
                embeddings.resolve("any.parquet"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE))) {
      for (Embedding row : rows) {
        writer.write(row);
      }
    }

    Path png = folder.resolve("clusters.png");
    ClusterSheet.write(photos, embeddings, png);
    BufferedImage sheet = ImageIO.read(png.toFile());
    assertThat(sheet.getHeight()).isEqualTo(2 * 50 + 2);
    int white = 0xFFFFFFFF;
    assertThat(sheet.getRGB(2 * 50 + 25, 25)).as("third image of cluster 3").isNotEqualTo(white);
    assertThat(sheet.getRGB(2 * 50 + 25, 75)).as("cluster 7 has two").isEqualTo(white);
    assertThat(sheet.getRGB(1 * 50 + 25, 75)).isNotEqualTo(white);
  }
}
