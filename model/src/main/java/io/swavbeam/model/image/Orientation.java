package io.swavbeam.model.image;

import com.adobe.internal.xmp.XMPConst;
import com.adobe.internal.xmp.XMPException;
import com.drew.imaging.heif.HeifMetadataReader;
import com.drew.imaging.jpeg.JpegProcessingException;
import com.drew.imaging.jpeg.JpegSegmentReader;
import com.drew.imaging.jpeg.JpegSegmentType;
import com.drew.lang.ByteArrayReader;
import com.drew.lang.SequentialByteArrayReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import com.drew.metadata.xmp.XmpDirectory;
import com.drew.metadata.xmp.XmpReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.tensorflow.types.TUint8;

/** The orientation of a picture: 1 to 8, as defined by EXIF. */
final class Orientation {
  static final int UPRIGHT = 1;

  private static final int LAST = 8;
  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};
  private static final byte[] XMP =
      "http://ns.adobe.com/xap/1.0/\0".getBytes(StandardCharsets.ISO_8859_1);

  private static final String PACKET = "<x:xmpmeta";
  private static final String PACKET_END = "</x:xmpmeta>";

  private Orientation() {}

  /**
   * Returns the orientation of a JPEG from its EXIF or XMP; upright if there is none that can be
   * read.
   */
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
        if (xmp.isEmpty() && startsWith(segment, XMP)) {
          xmp = ofXmp(Arrays.copyOfRange(segment, XMP.length, segment.length));
        }
      }
      return xmp.orElse(UPRIGHT);
    } catch (JpegProcessingException | IOException | RuntimeException e) {
      // Broken metadata does not make the picture unreadable. A broken picture fails when it is
      // decoded.
      return UPRIGHT;
    }
  }

  private static boolean startsWithExif(byte[] bytes) {
    return startsWith(bytes, EXIF);
  }

  private static boolean startsWith(byte[] bytes, byte[] mark) {
    return bytes.length >= mark.length
        && Arrays.equals(bytes, 0, mark.length, mark, 0, mark.length);
  }

  /**
   * Returns the orientation in EXIF.
   *
   * @param exif the EXIF data, with or without its signature
   */
  static OptionalInt ofExif(byte[] exif) {
    return of(exif(exif));
  }

  private static Metadata exif(byte[] exif) {
    Metadata metadata = new Metadata();
    try {
      new ExifReader()
          .extract(new ByteArrayReader(exif), metadata, startsWithExif(exif) ? EXIF.length : 0);
    } catch (RuntimeException e) {
      // Metadata that the library cannot parse is ignored.
    }
    return metadata;
  }

  private static OptionalInt of(Metadata metadata) {
    for (ExifIFD0Directory directory : metadata.getDirectoriesOfType(ExifIFD0Directory.class)) {
      Integer value = directory.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      if (value != null && value >= UPRIGHT && value <= LAST) {
        return OptionalInt.of(value);
      }
    }
    return ofXmp(metadata);
  }

  /**
   * Returns the orientation of a TIFF from its tag, or from its XMP; upright if there is none that
   * can be read.
   */
  static int ofTiff(byte[] tiff) {
    return of(exif(tiff)).orElse(UPRIGHT);
  }

  /**
   * Returns the orientation of a HEIC or AVIF that remains after its decoder has applied its own.
   * The properties of the file have precedence over EXIF and XMP (ISO 23008-12), because many
   * writers leave EXIF as the camera wrote it. XMP is used only if the file has no such properties
   * and no EXIF.
   */
  static int ofHeif(byte[] heif) {
    if (HeifBoxes.hasOrientation(heif)) {
      return UPRIGHT;
    }
    try {
      Metadata metadata = HeifMetadataReader.readMetadata(new ByteArrayInputStream(heif));
      for (ExifIFD0Directory exif : metadata.getDirectoriesOfType(ExifIFD0Directory.class)) {
        if (exif.containsTag(ExifIFD0Directory.TAG_ORIENTATION)) {
          return UPRIGHT;
        }
      }
    } catch (RuntimeException e) {
      return UPRIGHT; // broken metadata does not make the picture unreadable
    }
    // XMP is stored as plain text, so it can be found without parsing the format.
    String text = new String(heif, StandardCharsets.ISO_8859_1);
    int start = text.indexOf(PACKET);
    int end = start < 0 ? -1 : text.indexOf(PACKET_END, start);
    return end < 0
        ? UPRIGHT
        : ofXmp(Arrays.copyOfRange(heif, start, end + PACKET_END.length())).orElse(UPRIGHT);
  }

  /**
   * Returns the orientation in the property {@code tiff:Orientation} of XMP.
   *
   * @param xmp a packet of RDF
   */
  static OptionalInt ofXmp(byte[] xmp) {
    // Most packets have no orientation, and parsing XML is slow.
    if (!new String(xmp, StandardCharsets.ISO_8859_1).contains("Orientation")) {
      return OptionalInt.empty();
    }
    Metadata metadata = new Metadata();
    new XmpReader().extract(xmp, metadata);
    return ofXmp(metadata);
  }

  private static OptionalInt ofXmp(Metadata metadata) {
    for (XmpDirectory directory : metadata.getDirectoriesOfType(XmpDirectory.class)) {
      try {
        Integer value = directory.getXMPMeta().getPropertyInteger(XMPConst.NS_TIFF, "Orientation");
        if (value != null && value >= UPRIGHT && value <= LAST) {
          return OptionalInt.of(value);
        }
      } catch (XMPException | RuntimeException e) {
        // Metadata that the library cannot parse is ignored.
      }
    }
    return OptionalInt.empty();
  }

  /** Returns whether an orientation swaps width and height. */
  static boolean swapsSides(int orientation) {
    return orientation >= 5;
  }

  /**
   * Rotates an image that was reduced while it was decoded.
   *
   * @param reduced {@code [ceil(height / reduction), ceil(width / reduction), 3] uint8}; closed if
   *     another tensor is returned
   * @param stored the size of the image before the rotation
   */
  static Picture upright(TUint8 reduced, int orientation, ImageHeader stored, int reduction) {
    int below = (int) reduced.shape().get(0) * reduction - (int) stored.height();
    int rightOf = (int) reduced.shape().get(1) * reduction - (int) stored.width();
    // Whether the last row and the last column of the stored image become the first ones.
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
   * Rotates an image upright.
   *
   * @param image {@code [height, width, 3] uint8}; closed if another tensor is returned
   * @param orientation 1 to 8, as defined by EXIF
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
