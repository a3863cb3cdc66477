package io.swavbeam.model.image;

import java.io.Serializable;

/**
 * The encoding of the bytes of an image.
 *
 * @param kind the kind of encoding
 * @param height the height in pixels; 0 for {@link Kind#FILE}, whose bytes include it
 * @param width the width in pixels; 0 for {@link Kind#FILE}
 */
public record ImageEncoding(Kind kind, int height, int width) implements Serializable {
  /** The kinds of encoding. */
  public enum Kind {
    /** A JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, TGA, HEIC or AVIF file. */
    FILE,
    /** Raw pixels: all red values row by row, then green, then blue, as in CIFAR. */
    PLANAR_RGB,
    /** Raw grey pixels row by row, as in IDX files. */
    GREY
  }

  /** The encoding of image files. */
  public static final ImageEncoding FILE = new ImageEncoding(Kind.FILE, 0, 0);
}
