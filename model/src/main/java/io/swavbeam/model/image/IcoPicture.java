package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TUint8;

/**
 * The largest picture of an ICO file. It is a PNG, or a BMP without file header that is followed by
 * a mask. Among pictures of the same size, the one with the fewest colours is taken, as in Pillow.
 *
 * @param size the size in the picture itself
 * @param bytes the bytes of the picture
 * @param isPng whether it is a PNG
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record IcoPicture(ImageHeader size, byte[] bytes, boolean isPng) {
  private static final int HEADER = 6;
  private static final int ENTRY = 16;
  private static final int MAX_SIDE = 256;
  private static final int BITMAP_HEADER = 40;
  private static final int BITS = 14;
  private static final int COLOURS = 32;
  private static final int MAX_BITS_OF_PALETTES = 8;

  /** Returns the largest picture; null if the directory or the header of the picture is damaged. */
  static @Nullable IcoPicture of(byte[] ico) {
    int entries = ico.length < HEADER ? 0 : (int) ImageHeader.littleEndian(ico, 4, 2);
    if (entries == 0 || ico.length < HEADER + entries * ENTRY) {
      return null;
    }
    int largest =
        IntStream.range(0, entries)
            .mapToObj(entry -> HEADER + entry * ENTRY)
            .min(
                Comparator.comparingInt((Integer at) -> -side(ico, at) * side(ico, at + 1))
                    .thenComparingInt(at -> colourDepth(ico, at)))
            .orElseThrow();
    long length = ImageHeader.littleEndian(ico, largest + 8, 4);
    long start = ImageHeader.littleEndian(ico, largest + 12, 4);
    if (start + length > ico.length || length < BITMAP_HEADER) {
      return null;
    }
    byte[] picture = Arrays.copyOfRange(ico, (int) start, (int) (start + length));
    if (ImageHeader.bigEndian(picture, 0, 4) == 0x89504E47L) {
      ImageHeader size = ImageHeader.ofPng(picture);
      return size == null ? null : new IcoPicture(size, picture, true);
    }
    // The height in the header includes the mask, so it is doubled.
    long width = ImageHeader.littleEndian(picture, 4, 4);
    long height = ImageHeader.littleEndian(picture, 8, 4) / 2;
    return ImageHeader.littleEndian(picture, 0, 4) == BITMAP_HEADER
            && width >= 1
            && width <= MAX_SIDE
            && height >= 1
            && height <= MAX_SIDE
        ? new IcoPicture(new ImageHeader(width, height), picture, false)
        : null;
  }

  private static int side(byte[] ico, int at) {
    int side = ImageHeader.unsigned(ico, at);
    return side == 0 ? MAX_SIDE : side;
  }

  private static int colourDepth(byte[] ico, int at) {
    int bits = (int) ImageHeader.littleEndian(ico, at + 6, 2);
    int colours = ImageHeader.unsigned(ico, at + 2);
    if (bits > 0) {
      return bits;
    }
    return colours == 0 ? MAX_SIDE : Integer.SIZE - Integer.numberOfLeadingZeros(colours - 1);
  }

  /**
   * Decodes a picture that is not a PNG.
   *
   * @return {@code [height, width, 3] uint8}
   * @throws UndecodableImageException if it is damaged
   */
  TUint8 decodeBitmap(Alpha alpha) throws UndecodableImageException {
    int width = (int) size.width();
    int height = (int) size.height();
    int bits = (int) ImageHeader.littleEndian(bytes, BITS, 2);
    int palette = 0;
    if (bits <= MAX_BITS_OF_PALETTES) {
      long colours = ImageHeader.littleEndian(bytes, COLOURS, 4);
      palette = 4 * (int) (colours == 0 ? 1L << bits : Math.min(colours, MAX_SIDE));
    }
    int start = BITMAP_HEADER + palette;
    int stride = (width * bits + 31) / 32 * 4;
    int maskStride = (width + 31) / 32 * 4;
    int mask = start + stride * height;
    if (bits == 0 || ImageHeader.littleEndian(bytes, 16, 4) != 0 || mask > bytes.length) {
      throw new UndecodableImageException("damaged or cut off ICO");
    }
    boolean masked = bits < Integer.SIZE && mask + maskStride * height <= bytes.length;
    byte[] pixels = new byte[height * width * Pixels.CHANNELS];
    int[] row = new int[width];
    try (TUint8 opaque = opaque(mask)) {
      byte[] colours = Pixels.bytes(opaque);
      for (int y = 0; y < height; y++) {
        int stored = height - 1 - y; // rows are stored from bottom to top
        for (int x = 0; x < width; x++) {
          int at = (y * width + x) * Pixels.CHANNELS;
          int opacity = 0xFF;
          if (bits == Integer.SIZE) {
            opacity = ImageHeader.unsigned(bytes, start + stored * stride + 4 * x + 3);
          } else if (masked) {
            int of8 = ImageHeader.unsigned(bytes, mask + stored * maskStride + x / 8);
            opacity = (of8 >> (7 - x % 8) & 1) == 0 ? 0xFF : 0;
          }
          row[x] = opacity << 24 | (int) ImageHeader.bigEndian(colours, at, 3);
        }
        Pixels.write(row, alpha, pixels, y * width * Pixels.CHANNELS);
      }
    }
    return Pixels.tensor(pixels, height, width);
  }

  /** Decodes the colours without the mask, as a separate BMP. */
  private TUint8 opaque(int end) throws UndecodableImageException {
    byte[] colours = Arrays.copyOf(bytes, end);
    ByteBuffer.wrap(colours).order(ByteOrder.LITTLE_ENDIAN).putInt(8, (int) size.height());
    return BmpPicture.decode(BmpPicture.ofDib(colours), size, Alpha.DROP);
  }
}
