package io.swavbeam.model.image;

import java.io.Serializable;

/**
 * How the bytes of an image are to be understood.
 *
 * @param kind of encoding
 * @param height in pixels; 0 for {@link Kind#FILE}, whose bytes say it themselves
 * @param width in pixels; 0 for {@link Kind#FILE}
 */
public record ImageEncoding(Kind kind, int height, int width) implements Serializable {
  /** Kinds of encoding. */
  public enum Kind {
    /** A JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, TGA, HEIC or AVIF file. */
    FILE,
    /** Bare pixels, first all red values row by row, then green, then blue: CIFAR's records. */
    PLANAR_RGB,
    /** Bare grey pixels row by row: IDX records. */
    GREY
  }

  /** The encoding of image files. */
  public static final ImageEncoding FILE = new ImageEncoding(Kind.FILE, 0, 0);
}
