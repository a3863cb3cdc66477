package io.swavbeam.model.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A decoder of BMP files with run-length encoded pixels (BI_RLE8 and BI_RLE4). Java's own reader
 * decodes some of them with wrong colours, and others with shifted pixels after a delta code.
 *
 * <p>Source: the section "Bitmap Compression" of Microsoft's description of the format.
 */
final class BmpRuns {
  private static final int HEADER = 14;
  private static final int COMPRESSION = 30;
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;

  private static final int END_OF_LINE = 0;
  private static final int END_OF_BITMAP = 1;
  private static final int DELTA = 2;

  private final byte[] bytes;
  private final boolean nibbles;
  private final int width;
  private final int height;
  private final byte[] indices;
  private int at;
  private int x;
  // Rows are stored from bottom to top.
  private int y;

  private BmpRuns(byte[] bytes, int from, boolean nibbles, int width, int height) {
    this.bytes = bytes;
    this.nibbles = nibbles;
    this.width = width;
    this.height = height;
    indices = new byte[width * height];
    at = from;
  }

  /** Returns whether the pixels of a file are run-length encoded. */
  static boolean areIn(byte[] bmp) {
    ByteBuffer in = littleEndian(bmp);
    return in.capacity() > HEADER + 40
        && in.getInt(HEADER) >= 40
        && (in.getInt(COMPRESSION) == RLE8 || in.getInt(COMPRESSION) == RLE4);
  }

  /**
   * Returns the same picture without runs, with eight bits per pixel.
   *
   * @param size the size of the picture, checked against the limits
   * @throws UndecodableImageException if it is damaged
   */
  static byte[] expand(byte[] bmp, ImageHeader size) throws UndecodableImageException {
    ByteBuffer in = littleEndian(bmp);
    long pixels = Integer.toUnsignedLong(in.getInt(10));
    long palette = HEADER + Integer.toUnsignedLong(in.getInt(HEADER));
    boolean nibbles = in.getInt(COMPRESSION) == RLE4;
    // Run-length encoded pictures are always stored from bottom to top.
    if (pixels > bmp.length
        || palette > bmp.length
        || in.getShort(28) != (nibbles ? 4 : 8)
        || in.getInt(22) < 0) {
      throw damaged();
    }
    BmpRuns runs = new BmpRuns(bmp, (int) pixels, nibbles, (int) size.width(), (int) size.height());
    runs.decode();
    return runs.asBmp(in);
  }

  private void decode() throws UndecodableImageException {
    while (true) {
      if (at == bytes.length && y * (long) width + x >= (long) width * height) {
        return; // some writers omit the end marker
      }
      int count = next();
      int value = next();
      if (count > 0) {
        for (int i = 0; i < count; i++) {
          put(nibbles ? nibble(value, i) : value);
        }
      } else if (value == END_OF_LINE) {
        x = 0;
        y++;
      } else if (value == END_OF_BITMAP) {
        return;
      } else if (value == DELTA) {
        x += next();
        y += next();
      } else {
        literal(value);
      }
    }
  }

  /** Copies single pixels, which are padded to an even number of bytes. */
  private void literal(int count) throws UndecodableImageException {
    int stored = nibbles ? (count + 1) / 2 : count;
    int last = 0;
    for (int i = 0; i < count; i++) {
      if (!nibbles || i % 2 == 0) {
        last = next();
      }
      put(nibbles ? nibble(last, i) : last);
    }
    at += stored % 2;
  }

  private static int nibble(int value, int index) {
    return index % 2 == 0 ? value >> 4 : value & 15;
  }

  /** Writes a pixel. Ignores pixels outside the picture. */
  private void put(int index) {
    if (x < width && y < height) {
      indices[y * width + x] = (byte) index;
    }
    x++;
  }

  private int next() throws UndecodableImageException {
    if (at >= bytes.length) {
      throw damaged();
    }
    return Byte.toUnsignedInt(bytes[at++]);
  }

  private byte[] asBmp(ByteBuffer in) {
    int colours = in.getInt(46);
    int most = nibbles ? 16 : 256;
    int used = colours <= 0 || colours > most ? most : colours;
    int palette = HEADER + in.getInt(HEADER);
    int stride = (width + 3) / 4 * 4;
    int head = HEADER + 40;
    ByteBuffer out =
        ByteBuffer.allocate(head + 256 * 4 + stride * height).order(ByteOrder.LITTLE_ENDIAN);
    out.put(bytes, 0, head);
    out.putInt(2, out.capacity());
    out.putInt(10, head + 256 * 4);
    out.putInt(HEADER, 40);
    out.putShort(28, (short) 8);
    out.putInt(COMPRESSION, 0);
    out.putInt(34, stride * height);
    out.putInt(46, 256);
    out.putInt(50, 0);
    out.put(bytes, palette, Math.max(0, Math.min(used * 4, bytes.length - palette)));
    for (int row = 0; row < height; row++) {
      out.position(head + 256 * 4 + row * stride);
      out.put(indices, row * width, width);
    }
    return out.array();
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static UndecodableImageException damaged() {
    return new UndecodableImageException("damaged or cut off BMP");
  }
}
