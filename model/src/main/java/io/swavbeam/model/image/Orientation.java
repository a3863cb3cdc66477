package io.swavbeam.model.image;

import com.drew.imaging.jpeg.JpegProcessingException;
import com.drew.imaging.jpeg.JpegSegmentReader;
import com.drew.imaging.jpeg.JpegSegmentType;
import com.drew.lang.ByteArrayReader;
import com.drew.lang.SequentialByteArrayReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.types.TUint8;

/** Which way the camera was held: 1 to 8, as EXIF counts. */
final class Orientation {
  static final int UPRIGHT = 1;

  private static final int WEBP_HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int EXIF_CHUNK = 'E' | 'X' << 8 | 'I' << 16 | 'F' << 24;
  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";
  private static final Pattern IN_XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([1-8])");

  private Orientation() {}

  /** The orientation of a JPEG by its EXIF or XMP; upright if they say nothing readable. */
  static int ofJpeg(byte[] jpeg) {
    try {
      OptionalInt xmp = OptionalInt.empty();
      for (byte[] segment :
          JpegSegmentReader.readSegments(
                  new SequentialByteArrayReader(jpeg), List.of(JpegSegmentType.APP1))
              .getSegments(JpegSegmentType.APP1)) {
        OptionalInt exif = startsWithExif(segment) ? ofExif(segment) : OptionalInt.empty();
        if (exif.isPresent()) {
          return exif.getAsInt();
        }
        String text = new String(segment, StandardCharsets.ISO_8859_1);
        if (xmp.isEmpty() && text.startsWith(XMP)) {
          xmp = ofXmp(text);
        }
      }
      return xmp.orElse(UPRIGHT);
    } catch (JpegProcessingException | IOException | RuntimeException e) {
      // Broken metadata does not make the picture unusable; a broken picture fails to decode.
      return UPRIGHT;
    }
  }

  private static boolean startsWithExif(byte[] bytes) {
    return bytes.length >= EXIF.length
        && Arrays.equals(bytes, 0, EXIF.length, EXIF, 0, EXIF.length);
  }

  /**
   * That of EXIF.
   *
   * @param exif with or without its mark
   */
  static OptionalInt ofExif(byte[] exif) {
    try {
      Metadata metadata = new Metadata();
      new ExifReader()
          .extract(new ByteArrayReader(exif), metadata, startsWithExif(exif) ? EXIF.length : 0);
      ExifIFD0Directory directory = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
      Integer value =
          directory == null ? null : directory.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      return value == null || value < UPRIGHT || value > 8
          ? OptionalInt.empty()
          : OptionalInt.of(value);
    } catch (RuntimeException e) {
      // Metadata that the library does not expect counts as none.
      return OptionalInt.empty();
    }
  }

  /** That of a WebP by its EXIF; upright if there is none that is readable. */
  static int ofWebp(byte[] webp) {
    ByteBuffer chunks = ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN);
    for (long at = WEBP_HEADER; at + CHUNK_HEADER <= webp.length; ) {
      long size = Integer.toUnsignedLong(chunks.getInt((int) at + Integer.BYTES));
      if (chunks.getInt((int) at) == EXIF_CHUNK) {
        long end = Math.min(webp.length, at + CHUNK_HEADER + size);
        return ofExif(Arrays.copyOfRange(webp, (int) at + CHUNK_HEADER, (int) end)).orElse(UPRIGHT);
      }
      at += CHUNK_HEADER + size + size % 2;
    }
    return UPRIGHT;
  }

  /** That of XMP. */
  static OptionalInt ofXmp(String xmp) {
    Matcher matcher = IN_XMP.matcher(xmp);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** Whether the sides of an upright image are those of the stored one in the other order. */
  static boolean swapsSides(int orientation) {
    return orientation >= 5;
  }

  /**
   * Turns an image upright that was reduced while it was decoded.
   *
   * @param reduced {@code [ceil(height / reduction), ceil(width / reduction), 3] uint8}; closed if
   *     another one is returned
   * @param stored the image as it is stored
   */
  static Picture upright(TUint8 reduced, int orientation, ImageHeader stored, int reduction) {
    int below = (int) reduced.shape().get(0) * reduction - (int) stored.height();
    int rightOf = (int) reduced.shape().get(1) * reduction - (int) stored.width();
    // Which of the stored image's last row and column come to stand first.
    boolean fromBelow =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    int rows = fromBelow ? below : 0;
    int columns = fromRight ? rightOf : 0;
    TUint8 pixels = upright(reduced, orientation);
    int height = (int) stored.height();
    int width = (int) stored.width();
    return swapsSides(orientation)
        ? new Picture(pixels, width, height, reduction, columns, rows)
        : new Picture(pixels, height, width, reduction, rows, columns);
  }

  /**
   * Turns an image upright.
   *
   * @param image {@code [height, width, 3] uint8}; closed if another one is returned
   * @param orientation 1 to 8, as EXIF counts
   */
  static TUint8 upright(TUint8 image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    int height = (int) image.shape().get(0);
    int width = (int) image.shape().get(1);
    byte[] from = Pixels.bytes(image);
    image.close();
    boolean rotated = swapsSides(orientation);
    int newHeight = rotated ? width : height;
    int newWidth = rotated ? height : width;
    byte[] to = new byte[from.length];
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int fromY =
            switch (orientation) {
              case 2 -> y;
              case 3, 4 -> height - 1 - y;
              case 5, 8 -> x;
              default -> height - 1 - x; // 6, 7
            };
        int fromX =
            switch (orientation) {
              case 2, 3 -> width - 1 - x;
              case 4 -> x;
              case 5, 6 -> y;
              default -> width - 1 - y; // 7, 8
            };
        System.arraycopy(
            from,
            (fromY * width + fromX) * Pixels.CHANNELS,
            to,
            (y * newWidth + x) * Pixels.CHANNELS,
            Pixels.CHANNELS);
      }
    }
    return Pixels.tensor(to, newHeight, newWidth);
  }
}
