package io.swavbeam.model.monitoring;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.image.RgbPicture;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import org.tensorflow.types.TUint8;

/**
 * A drawing of crops as one picture with a transparent background: a row for each image, a column
 * for each crop.
 */
public final class CropSheet {
  private static final int ROWS = 8;
  private static final int GAP = 2;
  private static final int CHANNELS = 3;

  private CropSheet() {}

  /**
   * Draws the first images of a batch shard.
   *
   * @param specs specifications of the crops
   * @param crops for each specification, {@code [count, images, size, size, 3] uint8}
   */
  public static BufferedImage draw(List<CropSpec> specs, List<TUint8> crops) {
    int images = (int) Math.min(ROWS, crops.get(0).shape().get(1));
    int rowHeight = specs.stream().mapToInt(CropSpec::size).max().orElseThrow() + GAP;
    int width = specs.stream().mapToInt(spec -> spec.count() * (spec.size() + GAP)).sum() + GAP;
    BufferedImage sheet =
        new BufferedImage(width, images * rowHeight + GAP, BufferedImage.TYPE_INT_ARGB);
    Graphics2D pen = sheet.createGraphics();
    int x = GAP;
    for (int group = 0; group < specs.size(); group++) {
      CropSpec spec = specs.get(group);
      TUint8 pixels = crops.get(group);
      long inShard = pixels.shape().get(1);
      for (int view = 0; view < spec.count(); view++) {
        for (int image = 0; image < images; image++) {
          BufferedImage crop = crop(pixels, view * inShard + image, spec.size());
          pen.drawImage(crop, x, GAP + image * rowHeight, null);
        }
        x += spec.size() + GAP;
      }
    }
    pen.dispose();
    return sheet;
  }

  private static BufferedImage crop(TUint8 pixels, long index, int size) {
    int length = size * size * CHANNELS;
    byte[] bytes = new byte[length];
    pixels.asRawTensor().data().slice(index * length, length).read(bytes);
    return RgbPicture.of(bytes, size, size);
  }
}
