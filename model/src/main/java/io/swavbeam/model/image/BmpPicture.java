package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
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
   * @throws UndecodableImageException where it is damaged
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
    byte[] pixels = new byte[height * width * Pixels.CHANNELS];
    Pixels.write(colours(image), alpha, pixels, 0);
    return Pixels.tensor(pixels, height, width);
  }

  /** Alpha, red, green and blue of each pixel. */
  private static int[] colours(BufferedImage image) {
    int width = image.getWidth();
    if (image.getType() == BufferedImage.TYPE_BYTE_GRAY) {
      // Java would convert from its linear grey, which a BMP's is not.
      byte[] grey = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
      int[] colours = new int[grey.length];
      Arrays.setAll(colours, i -> 0xFF000000 | 0x010101 * Byte.toUnsignedInt(grey[i]));
      return colours;
    }
    int[] colours = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
    if (Arrays.stream(colours).allMatch(colour -> colour >>> 24 == 0)) {
      // Many writers have four bytes a pixel, and leave the fourth 0.
      Arrays.setAll(colours, i -> 0xFF000000 | colours[i]);
    }
    return colours;
  }
}
