package io.swavbeam.app.demo;

import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.crops.CenterCrop;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.RgbPicture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageReader;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.embedding.EmbeddingFiles;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/** The largest clusters as a picture: a row for each, its most typical images first. */
public final class ClusterSheet {
  private static final int ROWS = 10;
  private static final int COLUMNS = 16;
  private static final int SIDE = 48;
  private static final int GAP = 2;

  private record Member(String name, float probability) {}

  private ClusterSheet() {}

  /**
   * Draws the picture.
   *
   * @param archive that was embedded
   * @param embeddings folder of its embeddings
   * @param png the picture's file
   */
  public static void write(Path archive, Path embeddings, Path png) throws IOException {
    Map<Integer, List<Member>> clusters = new TreeMap<>();
    EmbeddingFiles.read(
        embeddings,
        row ->
            clusters
                .computeIfAbsent(row.cluster(), any -> new ArrayList<>())
                .add(new Member(row.name(), row.clusterProbability())));
    List<List<Member>> largest =
        clusters.values().stream()
            .sorted(Comparator.comparingInt((List<Member> members) -> -members.size()))
            .limit(ROWS)
            .toList();
    Map<String, ImageRef> images = new HashMap<>();
    ArchiveImages.list(archive).forEach(ref -> images.put(ref.name(), ref));

    BufferedImage sheet =
        new BufferedImage(
            COLUMNS * (SIDE + GAP) + GAP,
            largest.size() * (SIDE + GAP) + GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    try (ImageDecoder decoder = new ImageDecoder();
        CenterCrop crop = new CenterCrop(new EvaluationConfig(SIDE, SIDE));
        ImageReader reader = new ImageReader();
        TUint8 view = TUint8.tensorOf(Shape.of(1, SIDE, SIDE, 3))) {
      for (int row = 0; row < largest.size(); row++) {
        List<Member> typical =
            largest.get(row).stream()
                .sorted(Comparator.comparing(Member::probability).reversed())
                .limit(COLUMNS)
                .toList();
        for (int column = 0; column < typical.size(); column++) {
          ImageRef ref = images.get(typical.get(column).name());
          if (ref == null) {
            continue; // from a part of the archive that only streams
          }
          try (TUint8 image = decoder.decode(reader.read(ref), ref.encoding())) {
            crop.write(image, view, 0);
          } catch (UndecodableImageException e) {
            throw new IOException("%s changed since it was embedded".formatted(archive), e);
          }
          pen.drawImage(picture(view), GAP + column * (SIDE + GAP), GAP + row * (SIDE + GAP), null);
        }
      }
    }
    pen.dispose();
    ImageIO.write(sheet, "png", png.toFile());
  }

  private static BufferedImage picture(TUint8 view) {
    byte[] bytes = new byte[SIDE * SIDE * 3];
    view.asRawTensor().data().read(bytes);
    return RgbPicture.of(bytes, SIDE, SIDE);
  }
}
