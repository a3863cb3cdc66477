package io.swavbeam.model.image;

import io.swavbeam.model.error.ErrorKind;
import java.io.Serializable;

/**
 * Limits on the size of an image. They are checked before memory is allocated, so that no single
 * image can end a run.
 *
 * @param maxBytes the largest number of bytes of the image file, uncompressed; at most {@value
 *     #MAX_BYTES}
 * @param maxPixels the largest number of pixels, height times width
 */
public record ImageLimits(long maxBytes, long maxPixels) implements Serializable {
  /** The largest number of pixels with three channels that fits into one byte array. */
  public static final long MAX_BYTES = Integer.MAX_VALUE - 64;

  /**
   * The default limits: 256 MiB, and 180 million pixels like Pillow's limit for decompression
   * bombs.
   */
  public static final ImageLimits DEFAULT = new ImageLimits(256L << 20, 180_000_000);

  /** The longest side in pixels. The memory of scaling grows with the side. */
  static final int MAX_SIDE = 1 << 20;

  public ImageLimits {
    if (maxBytes < 1 || maxBytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "maxImageBytes must be from 1 to %d, not %d".formatted(MAX_BYTES, maxBytes));
    }
    if (maxPixels < 1 || maxPixels > MAX_BYTES / Pixels.CHANNELS) {
      throw new IllegalArgumentException(
          "maxPixels must be from 1 to %d, not %d"
              .formatted(MAX_BYTES / Pixels.CHANNELS, maxPixels));
    }
  }

  /**
   * Checks the length of an image before its bytes are read.
   *
   * @throws UndecodableImageException in one line
   */
  public void checkBytes(long bytes) throws UndecodableImageException {
    if (bytes > maxBytes) {
      throw tooLarge("%,d bytes, more than the limit of %,d".formatted(bytes, maxBytes));
    }
  }

  /**
   * Checks the size of an image before it is decoded.
   *
   * @throws UndecodableImageException in one line, also if a side is longer than {@value #MAX_SIDE}
   *     pixels
   */
  public void checkPixels(long width, long height) throws UndecodableImageException {
    // Divides, because the product of the two sides could overflow.
    if (height > 0 && width > maxPixels / height) {
      throw tooLarge(
          "%,d x %,d pixels, more than the limit of %,d".formatted(width, height, maxPixels));
    }
    if (Math.max(width, height) > MAX_SIDE) {
      throw tooLarge(
          "%,d x %,d pixels: a side may have %,d at most".formatted(width, height, MAX_SIDE));
    }
  }

  private static UndecodableImageException tooLarge(String why) {
    return new UndecodableImageException(ErrorKind.TOO_LARGE, why);
  }
}
