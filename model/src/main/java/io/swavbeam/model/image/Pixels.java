package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TUint8;

/**
 * Images as tensors of shape {@code [height, width, 3] uint8}, with the channels red, green and
 * blue.
 */
final class Pixels {
  static final int CHANNELS = 3;
  private static final int WHITE = 255;

  private Pixels() {}

  static TUint8 tensor(byte[] interleaved, int height, int width) {
    return TUint8.tensorOf(Shape.of(height, width, CHANNELS), DataBuffers.of(interleaved));
  }

  static byte[] bytes(TUint8 image) {
    byte[] bytes = new byte[Math.toIntExact(image.size())];
    image.asRawTensor().data().read(bytes);
    return bytes;
  }

  /**
   * Writes colours as red, green and blue.
   *
   * @param colours alpha, red, green and blue of each pixel, packed as in Java's ARGB integers
   * @param alpha the treatment of transparent pixels
   * @param at the index of the first value in {@code interleaved}
   */
  static void write(int[] colours, Alpha alpha, byte[] interleaved, int at) {
    int to = at;
    for (int colour : colours) {
      int opacity = alpha == Alpha.DROP ? WHITE : colour >>> 24;
      interleaved[to++] = onWhite(colour >> 16 & 0xFF, opacity);
      interleaved[to++] = onWhite(colour >> 8 & 0xFF, opacity);
      interleaved[to++] = onWhite(colour & 0xFF, opacity);
    }
  }

  /**
   * Blends a picture with white.
   *
   * @param image {@code [height, width, 4] uint8} with the opacity as last channel; closed by this
   *     method
   * @return {@code [height, width, 3] uint8}
   */
  static TUint8 onWhite(TUint8 image) {
    int height = (int) image.shape().get(0);
    int width = (int) image.shape().get(1);
    TUint8 result = TUint8.tensorOf(Shape.of(height, width, CHANNELS));
    try (image) {
      // Copies one row at a time. Large pictures fit into memory outside of Java's heap only.
      byte[] from = new byte[width * (CHANNELS + 1)];
      byte[] to = new byte[width * CHANNELS];
      for (int y = 0; y < height; y++) {
        image.asRawTensor().data().slice((long) y * from.length, from.length).read(from);
        rowOnWhite(from, to);
        result.asRawTensor().data().slice((long) y * to.length, to.length).write(to);
      }
    }
    return result;
  }

  private static void rowOnWhite(byte[] from, byte[] to) {
    for (int i = 0; i < to.length / CHANNELS; i++) {
      int opacity = Byte.toUnsignedInt(from[4 * i + 3]);
      for (int channel = 0; channel < CHANNELS; channel++) {
        to[CHANNELS * i + channel] = onWhite(Byte.toUnsignedInt(from[4 * i + channel]), opacity);
      }
    }
  }

  /** Returns the mean of a value and white, weighted with an opacity of 0 to 255 and rounded. */
  private static byte onWhite(int value, int opacity) {
    return (byte) ((value * opacity + WHITE * (WHITE - opacity) + WHITE / 2) / WHITE);
  }
}
