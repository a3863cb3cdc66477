package io.swavbeam.model.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.zip.InflaterInputStream;

/**
 * Properties of a PNG besides its pixels.
 *
 * @param transparent whether some of its pixels may be transparent
 * @param orientation 1 to 8, as defined by EXIF; 1 if there is none that can be read
 * @param drawn whether it is a {@link DrawnPicture}
 * @param ended whether it has its last chunk
 */
record PngMetadata(boolean transparent, int orientation, boolean drawn, boolean ended) {
  private static final byte[] END = {
    0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xAE, 0x42, 0x60, (byte) 0x82
  };
  private static final int SIGNATURE = 8;
  private static final int COLOUR_TYPE = 25;
  private static final int ALPHA = 4;
  private static final int AROUND = 12; // length, type and checksum of a chunk
  // A text with an orientation is short. Other texts may have any length.
  private static final int MAX_TEXT = 1 << 20;

  /** Returns the file with a last chunk, which libpng requires and other readers do not. */
  byte[] ended(byte[] png) {
    if (ended) {
      return png;
    }
    byte[] whole = Arrays.copyOf(png, png.length + END.length);
    System.arraycopy(END, 0, whole, png.length, END.length);
    return whole;
  }

  /** Returns the same properties with another orientation. */
  PngMetadata withOrientation(int other) {
    return new PngMetadata(transparent, other, drawn, ended);
  }

  /**
   * Reads the chunks of a file.
   *
   * @param png the file; its header must be complete
   */
  static PngMetadata of(byte[] png) {
    boolean transparent = (png[COLOUR_TYPE] & ALPHA) != 0;
    boolean drawn = false;
    boolean ended = false;
    OptionalInt exif = OptionalInt.empty();
    OptionalInt text = OptionalInt.empty();
    ByteBuffer in = ByteBuffer.wrap(png);
    int at = SIGNATURE;
    while (at + AROUND <= png.length) {
      int length = in.getInt(at);
      if (length < 0 || length > png.length - at - AROUND) {
        break; // cut off: decoding reports the reason
      }
      String type = new String(png, at + 4, 4, StandardCharsets.ISO_8859_1);
      int from = at + SIGNATURE;
      switch (type) {
        case "tRNS" -> transparent = true;
        case "IEND" -> ended = true;
        case "eXIf" ->
            exif = or(exif, Orientation.ofExif(Arrays.copyOfRange(png, from, from + length)));
        case "iTXt", "tEXt", "zTXt" -> {
          byte[] chunk = Arrays.copyOfRange(png, from, from + length);
          drawn |= new String(chunk, StandardCharsets.ISO_8859_1).equals(DrawnPicture.MARK);
          text = or(text, ofText(type, chunk));
        }
        default -> {
          // pixels or other data
        }
      }
      at += AROUND + length;
    }
    return new PngMetadata(transparent, or(exif, text).orElse(Orientation.UPRIGHT), drawn, ended);
  }

  private static OptionalInt or(OptionalInt first, OptionalInt second) {
    return first.isPresent() ? first : second;
  }

  private static OptionalInt ofText(String type, byte[] chunk) {
    int end = indexOfZero(chunk, 0);
    String keyword = new String(chunk, 0, end, StandardCharsets.ISO_8859_1);
    try {
      if (keyword.equals("XML:com.adobe.xmp")) {
        return Orientation.ofXmp(text(type, chunk, end).getBytes(StandardCharsets.ISO_8859_1));
      }
      // ImageMagick writes hexadecimal digits after a name and a length.
      if (keyword.equals("Raw profile type exif") || keyword.equals("Raw profile type APP1")) {
        String[] lines = text(type, chunk, end).strip().split("\n", 3);
        String digits = lines.length < 3 ? "" : lines[2].replaceAll("\\s", "");
        return Orientation.ofExif(HexFormat.of().parseHex(digits));
      }
      return OptionalInt.empty();
    } catch (IOException | IllegalArgumentException e) {
      // Broken metadata does not make the picture unreadable.
      return OptionalInt.empty();
    }
  }

  private static String text(String type, byte[] chunk, int keyword) throws IOException {
    int from = keyword + 1;
    boolean packed = type.equals("zTXt");
    if (packed) {
      from++; // the compression method; there is only one
    } else if (type.equals("iTXt")) {
      packed = chunk.length > from && chunk[from] == 1;
      // Skips the flag, the method, the language and the translated keyword.
      from = indexOfZero(chunk, indexOfZero(chunk, from + 2) + 1) + 1;
    }
    if (from >= chunk.length) {
      return "";
    }
    ByteArrayInputStream in = new ByteArrayInputStream(chunk, from, chunk.length - from);
    byte[] bytes =
        packed ? new InflaterInputStream(in).readNBytes(MAX_TEXT) : in.readNBytes(MAX_TEXT);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static int indexOfZero(byte[] bytes, int from) {
    int at = from;
    while (at < bytes.length && bytes[at] != 0) {
      at++;
    }
    return Math.min(at, bytes.length);
  }
}
