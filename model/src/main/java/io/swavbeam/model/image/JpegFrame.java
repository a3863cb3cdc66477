package io.swavbeam.model.image;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The frame header of a JPEG (ITU-T T.81, B.2.2).
 *
 * @param marker the marker of the frame, 0xC0 to 0xCF, or 0xF7 for JPEG-LS
 * @param precision the number of bits per sample
 * @param size the size of the picture
 */
record JpegFrame(int marker, int precision, ImageHeader size) {
  private static final int FIRST = 0xC0;
  private static final int LAST = 0xCF;
  private static final int JPEG_LS = 0xF7;
  private static final int BITS = 8;

  /**
   * Returns the first frame of a JPEG, or null if there is none. The file cannot be decoded then.
   */
  static @Nullable JpegFrame of(byte[] bytes) {
    int at = 2;
    while (at + 9 < bytes.length) {
      if (ImageHeader.unsigned(bytes, at) != 0xFF) {
        return null;
      }
      int marker = ImageHeader.unsigned(bytes, at + 1);
      if (marker == 0xFF) {
        at++; // fill byte
      } else if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
        at += 2; // the marker has no content
      } else if (isStartOfFrame(marker)) {
        return new JpegFrame(
            marker,
            ImageHeader.unsigned(bytes, at + 4),
            new ImageHeader(
                ImageHeader.bigEndian(bytes, at + 7, 2), ImageHeader.bigEndian(bytes, at + 5, 2)));
      } else {
        at += 2 + Math.max(2, (int) ImageHeader.bigEndian(bytes, at + 2, 2));
      }
    }
    return null;
  }

  private static boolean isStartOfFrame(int marker) {
    return marker == JPEG_LS
        || (marker >= FIRST
            && marker <= LAST
            && marker != 0xC4
            && marker != 0xC8
            && marker != 0xCC);
  }

  /**
   * Returns the name of the kind of JPEG if that kind is not supported; null if it is supported.
   */
  @Nullable String unreadKind() {
    if (marker == JPEG_LS) {
      return "JPEG-LS";
    }
    return switch (marker & 0xF) {
      case 0x0, 0x1, 0x2, 0x9, 0xA ->
          precision == BITS ? null : "JPEG of %d bit samples".formatted(precision);
      case 0x3, 0xB -> "lossless JPEG";
      default -> "hierarchical JPEG";
    };
  }
}
