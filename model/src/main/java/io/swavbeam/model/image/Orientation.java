package io.swavbeam.model.image;

import com.drew.imaging.jpeg.JpegMetadataReader;
import com.drew.imaging.jpeg.JpegProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.tensorflow.types.TUint8;

/** The EXIF orientation of a JPEG: which way the camera was held. */
final class Orientation {
  private static final int UPRIGHT = 1;

  private Orientation() {}

  /** The orientation, 1 to 8; 1, upright, where the file says nothing or nothing readable. */
  static int of(byte[] jpeg) {
    try {
      Metadata metadata =
          JpegMetadataReader.readMetadata(
              new ByteArrayInputStream(jpeg), List.of(new ExifReader()));
      ExifIFD0Directory exif = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
      Integer value = exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      return value == null || value < UPRIGHT || value > 8 ? UPRIGHT : value;
    } catch (JpegProcessingException | IOException | RuntimeException e) {
      // Broken metadata does not make the picture unusable; a broken picture fails to decode.
      return UPRIGHT;
    }
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
    boolean turned = orientation >= 5;
    int newHeight = turned ? width : height;
    int newWidth = turned ? height : width;
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
