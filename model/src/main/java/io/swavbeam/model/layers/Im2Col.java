package io.swavbeam.model.layers;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The windows of a convolution as rows of a matrix, so that the convolution is a matrix product.
 */
final class Im2Col {
  private Im2Col() {}

  /**
   * Returns the windows of all images, with "SAME" zero padding.
   *
   * <p>Gathers whole pixels by a list of indices that is the same for each image. This takes a
   * third of the time of TensorFlow's ExtractImagePatches, which copies 64 bytes at a time.
   *
   * @param images {@code [batch, height, width, channels]}, of a known shape
   * @param size the side of a window, in pixels
   * @param stride the distance between two windows, in pixels
   * @return {@code [batch, windows x size x size, channels]}; windows and their pixels row by row
   */
  static <T extends TFloating> Operand<T> of(Ops tf, Operand<T> images, int size, int stride) {
    long[] shape = images.shape().asArray();
    int height = Math.toIntExact(shape[1]);
    int width = Math.toIntExact(shape[2]);
    Operand<T> pixels =
        tf.reshape(images, tf.constant(new long[] {shape[0], (long) height * width, shape[3]}));
    Operand<T> zero = tf.zeros(tf.constant(new long[] {shape[0], 1, shape[3]}), images.type());
    Operand<T> padded = tf.concat(List.of(pixels, zero), tf.constant(1));
    Operand<TInt32> places = tf.constant(places(height, width, size, stride));
    return tf.withName("Patches").gather(padded, places, tf.constant(1));
  }

  /**
   * Returns the index in the image of each pixel of each window. Pixels outside the image have the
   * index behind the last.
   */
  private static int[] places(int height, int width, int size, int stride) {
    int rows = (int) windows(height, stride);
    int columns = (int) windows(width, stride);
    int top = before(height, size, stride);
    int left = before(width, size, stride);
    int[] places = new int[Math.multiplyExact(rows * columns, size * size)];
    int next = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            int y = row * stride - top + i;
            int x = column * stride - left + j;
            boolean inside = y >= 0 && y < height && x >= 0 && x < width;
            places[next++] = inside ? y * width + x : height * width;
          }
        }
      }
    }
    return places;
  }

  /** Returns the number of windows in a row of pixels. */
  static long windows(long side, long stride) {
    return (side + stride - 1) / stride;
  }

  /** Returns the padding before the first pixel, the smaller half. */
  private static int before(int side, int size, int stride) {
    return Math.max(0, ((int) windows(side, stride) - 1) * stride + size - side) / 2;
  }
}
