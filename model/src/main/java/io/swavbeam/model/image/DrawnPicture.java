package io.swavbeam.model.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * The mark of the PNG files that this software draws (sheets of crops and of neighbours). Marked
 * files are not read as images if they are in an input folder.
 */
public final class DrawnPicture {
  /** The keyword of the text chunk, and its value. */
  static final String MARK = "Software\0swav-beam";

  private static final String TEXT = "tEXt";
  // The mark follows the signature and the header.
  private static final int BEHIND_HEADER = 33;

  private DrawnPicture() {}

  /** Returns a picture with the mark. */
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
