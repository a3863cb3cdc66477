package io.swavbeam.model.image;

import java.awt.image.BufferedImage;

/** The conversion of pixels to pictures that Java can draw and write. */
public final class RgbPicture {
  private RgbPicture() {}

  /**
   * Creates a picture.
   *
   * @param interleaved red, green and blue of each pixel, row by row
   */
  public static BufferedImage of(byte[] interleaved, int height, int width) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < height * width; i++) {
      int red = Byte.toUnsignedInt(interleaved[Pixels.CHANNELS * i]);
      int green = Byte.toUnsignedInt(interleaved[Pixels.CHANNELS * i + 1]);
      int blue = Byte.toUnsignedInt(interleaved[Pixels.CHANNELS * i + 2]);
      picture.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
    }
    return picture;
  }
}
