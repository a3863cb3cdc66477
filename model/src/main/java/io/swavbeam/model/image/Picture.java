package io.swavbeam.model.image;

import org.tensorflow.types.TUint8;

/**
 * A decoded image, upright, which may have been reduced while it was decoded. A pixel of a reduced
 * one stands for a square of the image; the squares at the right and at the bottom may reach beyond
 * it, and after a turn or in a mirror they may be those at the left and at the top.
 *
 * @param pixels {@code [ceil(height / reduction), ceil(width / reduction), 3] uint8}
 * @param height of the image in its own pixels
 * @param width of the image in its own pixels
 * @param reduction side of the squares: 1, 2, 4 or 8
 * @param above the image's own pixels by which the first row's squares reach beyond it, less than
 *     {@code reduction}
 * @param leftOf the same of the first column
 */
public record Picture(TUint8 pixels, int height, int width, int reduction, int above, int leftOf)
    implements AutoCloseable {
  /** Says how far an image may be reduced. */
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

    /** The largest reduction that leaves at least so much of a length. */
    static int leaving(double atLeast, double length) {
      for (int reduction = MAX_REDUCTION; reduction > 1; reduction /= 2) {
        if (length >= atLeast * reduction) {
          return reduction;
        }
      }
      return 1;
    }
  }

  /** The largest reduction of libjpeg. */
  static final int MAX_REDUCTION = 8;

  /** An image in its own size. */
  public static Picture whole(TUint8 pixels) {
    return new Picture(pixels, (int) pixels.shape().get(0), (int) pixels.shape().get(1), 1, 0, 0);
  }

  /** Where a row of the image begins among the rows of {@link #pixels}. */
  public double row(double y) {
    return (y + above) / reduction;
  }

  /** Where a column of the image begins among the columns of {@link #pixels}. */
  public double column(double x) {
    return (x + leftOf) / reduction;
  }

  @Override
  public void close() {
    pixels.close();
  }
}
