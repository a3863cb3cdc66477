package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.tensorflow.types.TUint8;

/** A BMP, through the JDK: TensorFlow takes palettes for grey values. */
final class BmpPicture {
  private BmpPicture() {}

  /**
   * Decodes a BMP.
   *
   * @param size that its header says, within the limits
   * @return {@code [height, width, 3] uint8}
   * @throws UndecodableImageException if it is damaged
   */
  static TUint8 decode(byte[] bmp, ImageHeader size, Alpha alpha) throws UndecodableImageException {
    byte[] plain = BmpRuns.areIn(bmp) ? BmpRuns.expand(bmp, size) : bmp;
    BufferedImage image;
    try {
      image = ImageIO.read(new ByteArrayInputStream(plain));
    } catch (IOException | RuntimeException e) {
      throw new UndecodableImageException("damaged or cut off BMP", e);
    }
    if (image == null) {
      throw new UndecodableImageException("damaged or cut off BMP");
    }
    int height = image.getHeight();
    int width = image.getWidth();
    // Many writers have four bytes a pixel, and leave the fourth 0.
    Alpha meant = hasVisiblePixels(image) ? alpha : Alpha.DROP;
    byte[] pixels = new byte[height * width * Pixels.CHANNELS];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      readRow(image, y, row);
      Pixels.write(row, meant, pixels, y * width * Pixels.CHANNELS);
    }
    return Pixels.tensor(pixels, height, width);
  }

  private static boolean hasVisiblePixels(BufferedImage image) {
    if (!image.getColorModel().hasAlpha()) {
      return true;
    }
    int[] row = new int[image.getWidth()];
    for (int y = 0; y < image.getHeight(); y++) {
      readRow(image, y, row);
      if (Arrays.stream(row).anyMatch(colour -> colour >>> 24 != 0)) {
        return true;
      }
    }
    return false;
  }

  /** Alpha, red, green and blue of each pixel of a row. */
  private static void readRow(BufferedImage image, int y, int[] row) {
    if (image.getType() != BufferedImage.TYPE_BYTE_GRAY) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      return;
    }
    // Java would convert from its linear grey, which a BMP's is not.
    image.getRaster().getSamples(0, y, row.length, 1, 0, row);
    for (int x = 0; x < row.length; x++) {
      row[x] = 0xFF000000 | 0x010101 * row[x];
    }
  }
}
