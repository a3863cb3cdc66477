package io.swavbeam.model.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Marks the PNG files that this software draws, sheets of crops and of neighbours, so that they are
 * not taken for images where they lie among them.
 */
public final class DrawnPicture {
  /** The keyword that the format has for it, and our name. */
  static final String MARK = "Software\0swav-beam";

  private static final String TEXT = "tEXt";
  // The signature and the header come first.
  private static final int BEHIND_HEADER = 33;

  private DrawnPicture() {}

  /** The same picture with the mark. */
  public static byte[] mark(byte[] png) {
    byte[] chunk = (TEXT + MARK).getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(chunk);
    return ByteBuffer.allocate(png.length + chunk.length + 2 * Integer.BYTES)
        .put(png, 0, BEHIND_HEADER)
        .putInt(chunk.length - TEXT.length())
        .put(chunk)
        .putInt((int) crc.getValue())
        .put(png, BEHIND_HEADER, png.length - BEHIND_HEADER)
        .array();
  }
}
