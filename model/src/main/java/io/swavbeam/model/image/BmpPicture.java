package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.error.ErrorKind;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.tensorflow.types.TUint8;

/** A BMP picture, decoded by the JDK. TensorFlow reads palette indices as grey values. */
final class BmpPicture {
  private static final int FILE_HEADER = 14;
  private static final int BITMAP_HEADER = 40;
  private static final int OS2_HEADER = 64;
  private static final int LENGTH = 2;
  private static final int START = 10;
  private static final int COMPRESSION = 30;
  private static final int MASKS = 3;
  private static final int MAX_BITS_OF_PALETTES = 8;

  private BmpPicture() {}

  /**
   * Decodes a BMP.
   *
   * @param size the size in its header, checked against the limits
   * @return {@code [height, width, 3] uint8}
   * @throws UndecodableImageException if it is damaged
   */
  static TUint8 decode(byte[] bmp, ImageHeader size, Alpha alpha) throws UndecodableImageException {
    byte[] usual = readable(bmp);
    byte[] plain = BmpRuns.areIn(usual) ? BmpRuns.expand(usual, size) : usual;
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
    // Many writers use four bytes per pixel and leave the fourth at 0.
    Alpha meant = hasVisiblePixels(image) ? alpha : Alpha.DROP;
    byte[] pixels = new byte[height * width * Pixels.CHANNELS];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      readRow(image, y, row);
      Pixels.write(row, meant, pixels, y * width * Pixels.CHANNELS);
    }
    return Pixels.tensor(pixels, height, width);
  }

  /**
   * Returns a file that the JDK can read. Sets the file length, which some writers leave at 0.
   * Replaces the 64-byte header of OS/2 by that of Windows, which begins with the same fields.
   */
  private static byte[] readable(byte[] bmp) throws UndecodableImageException {
    boolean isOs2 = ImageHeader.littleEndian(bmp, FILE_HEADER, 4) == OS2_HEADER;
    if (!isOs2 && ImageHeader.littleEndian(bmp, LENGTH, 4) == bmp.length) {
      return bmp;
    }
    byte[] readable = bmp.clone();
    ByteBuffer out = ByteBuffer.wrap(readable).order(ByteOrder.LITTLE_ENDIAN);
    if (isOs2) {
      int more = OS2_HEADER - BITMAP_HEADER;
      long start = ImageHeader.littleEndian(bmp, START, 4);
      if (bmp.length < FILE_HEADER + OS2_HEADER || start < FILE_HEADER + OS2_HEADER) {
        throw new UndecodableImageException("damaged or cut off BMP");
      }
      if (ImageHeader.littleEndian(bmp, COMPRESSION, 4) >= MASKS) {
        throw new UndecodableImageException(
            ErrorKind.FORMAT_NOT_READ,
            "a BMP with OS/2's own compression is not read: save it as PNG");
      }
      int rest = FILE_HEADER + OS2_HEADER;
      System.arraycopy(bmp, rest, readable, rest - more, bmp.length - rest);
      out.putInt(FILE_HEADER, BITMAP_HEADER).putInt(START, (int) start - more);
    }
    out.putInt(LENGTH, bmp.length);
    return readable;
  }

  /**
   * Returns a BMP file made of a DIB, which has no file header: a bitmap header of 40 bytes, masks
   * or a palette, then the rows.
   *
   * @param dib the bytes; at least the bitmap header
   */
  static byte[] ofDib(byte[] dib) {
    int bits = (int) ImageHeader.littleEndian(dib, 14, 2);
    long compression = ImageHeader.littleEndian(dib, 16, 4);
    long colours = ImageHeader.littleEndian(dib, 32, 4);
    long start = (long) BITMAP_HEADER + (compression == MASKS ? 3 * Integer.BYTES : 0);
    if (bits <= MAX_BITS_OF_PALETTES) {
      long most = 1L << bits;
      start += Integer.BYTES * (colours == 0 ? most : Math.min(colours, most));
    }
    ByteBuffer bmp = ByteBuffer.allocate(FILE_HEADER + dib.length).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(bmp.capacity()).putInt(0);
    return bmp.putInt((int) (FILE_HEADER + start)).put(dib).array();
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

  /** Reads alpha, red, green and blue of each pixel of a row. */
  private static void readRow(BufferedImage image, int y, int[] row) {
    if (image.getType() != BufferedImage.TYPE_BYTE_GRAY) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      return;
    }
    // Java would convert from linear grey, but the grey values of a BMP are not linear.
    image.getRaster().getSamples(0, y, row.length, 1, 0, row);
    for (int x = 0; x < row.length; x++) {
      row[x] = 0xFF000000 | 0x010101 * row[x];
    }
  }
}
