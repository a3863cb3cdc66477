package io.swavbeam.app.report;

import io.swavbeam.app.crops.CropsPicture;
import io.swavbeam.app.images.EncodedPicture;
import io.swavbeam.app.images.ImageKey;
import io.swavbeam.app.images.SourceImages;
import io.swavbeam.app.report.ReportData.Crops;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.crops.MultiCrop;
import io.swavbeam.model.image.RgbPicture;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.Embedding;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.types.TUint8;

/** Images of a folder of embeddings, with crops as in their training run. */
final class CropsOfImages {
  private static final int MAX_SIDE = 256;

  private CropsOfImages() {}

  /** Draws some images and their crops. Skips images that cannot be found. */
  static List<Crops> of(RunConfig config, List<Embedding> rows, SampleFields fields)
      throws IOException {
    List<BufferedImage> drawn = new ArrayList<>();
    List<Crops> all = new ArrayList<>();
    MultiCrop crops = new MultiCrop(config.recipe());
    try (SourceImages images =
        new SourceImages(
            fields,
            config.decoding(),
            (height, width) -> crops.reduction(config.seed(), 0, height, width))) {
      for (Embedding row : rows) {
        ImageKey key = ImageKey.of(row);
        images.visit(
            key.file(),
            Map.of(key, 0),
            (index, image) -> {
              drawn.add(picture(image.pixels()));
              drawn.add(CropsPicture.draw(config.recipe(), List.of(image), config.seed()));
            });
        if (!drawn.isEmpty()) {
          all.add(
              new Crops(
                  row.name(),
                  EncodedPicture.png(drawn.get(0)).dataUri(),
                  EncodedPicture.png(drawn.get(1)).dataUri()));
          drawn.clear();
        }
      }
    }
    return all;
  }

  private static BufferedImage picture(TUint8 image) {
    int height = (int) image.shape().get(0);
    int width = (int) image.shape().get(1);
    byte[] bytes = new byte[Math.toIntExact(image.size())];
    image.asRawTensor().data().read(bytes);
    BufferedImage whole = RgbPicture.of(bytes, height, width);
    double scale = (double) MAX_SIDE / Math.max(height, width);
    if (scale >= 1) {
      return whole;
    }
    BufferedImage small =
        new BufferedImage(
            Math.max(1, (int) (scale * width)),
            Math.max(1, (int) (scale * height)),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = small.createGraphics();
    pen.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    pen.drawImage(whole, 0, 0, small.getWidth(), small.getHeight(), null);
    pen.dispose();
    return small;
  }
}
