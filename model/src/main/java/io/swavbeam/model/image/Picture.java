package io.swavbeam.model.image;

import org.tensorflow.types.TUint8;

/**
 * A decoded image, upright, which may have been reduced while it was decoded. A pixel of a reduced
 * image stands for a square of the original image. The squares at the right and at the bottom may
 * extend beyond the original image. After a rotation or a reflection, this may apply to the squares
 * at the left and at the top.
 *
 * @param pixels {@code [ceil(height / reduction), ceil(width / reduction), 3] uint8}
 * @param height the height of the original image in pixels
 * @param width the width of the original image in pixels
 * @param reduction the side of the squares: 1, 2, 4 or 8
 * @param above the number of original pixels by which the first row of squares extends beyond the
 *     image; less than {@code reduction}
 * @param leftOf the same for the first column
 */
public record Picture(TUint8 pixels, int height, int width, int reduction, int above, int leftOf)
    implements AutoCloseable {
  /** Chooses how far an image is reduced. */
  @FunctionalInterface
  public interface Reduction {
    /** Never reduces. */
    Reduction NONE = (height, width) -> 1;

    /**
     * Called once for each image that can be reduced.
     *
     * @param height of the upright image
     * @param width of the upright image
     * @return 1, 2, 4 or 8
     */
    int of(int height, int width);

    /** Returns the largest reduction of a length that leaves at least a given length. */
    static int leaving(double atLeast, double length) {
      for (int reduction = MAX_REDUCTION; reduction > 1; reduction /= 2) {
        if (length >= atLeast * reduction) {
          return reduction;
        }
      }
      return 1;
    }
  }

  /** The largest reduction that libjpeg supports. */
  static final int MAX_REDUCTION = 8;

  /** Creates a picture at full size. */
  public static Picture whole(TUint8 pixels) {
    return new Picture(pixels, (int) pixels.shape().get(0), (int) pixels.shape().get(1), 1, 0, 0);
  }

  /** Returns the position of a row of the original image among the rows of {@link #pixels}. */
  public double row(double y) {
    return (y + above) / reduction;
  }

  /**
   * Returns the position of a column of the original image among the columns of {@link #pixels}.
   */
  public double column(double x) {
    return (x + leftOf) / reduction;
  }

  @Override
  public void close() {
    pixels.close();
  }
}
