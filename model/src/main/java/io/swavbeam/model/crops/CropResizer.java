package io.swavbeam.model.crops;

import io.swavbeam.model.image.Picture;
import java.util.Arrays;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * Scales images to the bit as Pillow's {@code resize} with {@code BILINEAR} does: a triangle
 * filter, wider where it shrinks, across and then down, in integers, with 8 bits in between.
 *
 * <p>Only the rows and columns that a square needs are read, one row at a time, so the memory is
 * that of the square, however large the image is.
 *
 * <p>For one thread at a time.
 */
final class CropResizer {
  private static final int CHANNELS = 3;

  /** Bits behind the point: Pillow's, so that eight bits of sum and a sign still fit. */
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int HALF = 1 << (PRECISION_BITS - 1);
  private static final int MAX_BYTE = 255;

  private byte[] source = new byte[0];
  private int[] row = new int[0];
  private int[] sums = new int[0];

  /**
   * For each place of the output, the first place of the input that it sees and the weights from
   * there on.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Filter(int[] first, int[] count, int[] weights, int maxCount) {
    /**
     * Pillow's {@code precompute_coeffs}, and {@code normalize_coeffs_8bpc}.
     *
     * @param length of the input, beyond which nothing is seen
     * @param from where the part of it begins that is scaled
     * @param to where that ends
     * @param scaled length of the whole output
     * @param begin first place of the output that is wanted
     * @param size places that are wanted
     */
    static Filter of(int length, double from, double to, long scaled, long begin, int size) {
      double scale = (to - from) / scaled;
      double support = Math.max(scale, 1);
      int maxCount = (int) Math.ceil(support) * 2 + 1;
      Filter filter = new Filter(new int[size], new int[size], new int[size * maxCount], maxCount);
      double[] triangle = new double[maxCount];
      for (int out = 0; out < size; out++) {
        double center = from + (begin + out + 0.5) * scale;
        int first = Math.max(0, (int) (center - support + 0.5));
        int count = Math.min(length, (int) (center + support + 0.5)) - first;
        double sum = 0;
        for (int i = 0; i < count; i++) {
          triangle[i] = Math.max(0, 1 - Math.abs((i + first - center + 0.5) * (1 / support)));
          sum += triangle[i];
        }
        for (int i = 0; i < count; i++) {
          filter.weights[out * maxCount + i] =
              (int) (triangle[i] / sum * (1 << PRECISION_BITS) + 0.5);
        }
        filter.first[out] = first;
        filter.count[out] = count;
      }
      return filter;
    }

    /** The end of what any output sees. */
    int end() {
      return first[first.length - 1] + count[count.length - 1];
    }
  }

  /**
   * Cuts a box out and scales it: {@code image.crop(box).resize(size, BILINEAR)}. What lies around
   * the box is not seen.
   *
   * <p>Of a picture that was reduced, it is {@code image.resize(size, BILINEAR, box)}, since the
   * box may begin and end within a pixel.
   *
   * @param box inside of the image
   * @param size height and width of the result, in pixels
   * @param square takes {@code [size, size, 3]}
   */
  void crop(Picture picture, CropBox box, int size, byte[] square) {
    if (picture.reduction() == 1) {
      resize(
          picture.pixels(),
          box,
          Filter.of(box.height(), 0, box.height(), size, 0, size),
          Filter.of(box.width(), 0, box.width(), size, 0, size),
          square);
      return;
    }
    CropBox all = all(picture.pixels());
    int bottom = box.top() + box.height();
    int right = box.left() + box.width();
    resize(
        picture.pixels(),
        all,
        Filter.of(all.height(), picture.row(box.top()), picture.row(bottom), size, 0, size),
        Filter.of(all.width(), picture.column(box.left()), picture.column(right), size, 0, size),
        square);
  }

  private static CropBox all(TUint8 image) {
    return new CropBox(0, 0, (int) image.shape().get(0), (int) image.shape().get(1));
  }

  /**
   * Scales an image and cuts the square in the middle out: {@code CenterCrop(size)} of {@code
   * image.resize((width, height), BILINEAR)}, of which nothing else is computed.
   *
   * @param height of the scaled image, at least that of the square
   * @param width of the scaled image, at least that of the square
   * @param square takes {@code [size, size, 3]}
   */
  void middle(Picture picture, long height, long width, int size, byte[] square) {
    CropBox all = all(picture.pixels());
    resize(
        picture.pixels(),
        all,
        Filter.of(
            all.height(),
            picture.row(0),
            picture.row(picture.height()),
            height,
            middle(height, size),
            size),
        Filter.of(
            all.width(),
            picture.column(0),
            picture.column(picture.width()),
            width,
            middle(width, size),
            size),
        square);
  }

  /** Rounded as Python does: half a pixel to the even one. */
  private static long middle(long length, int size) {
    return (long) Math.rint((length - size) / 2.0);
  }

  /**
   * @param down from the box's rows
   * @param across from the box's columns
   */
  private void resize(TUint8 image, CropBox box, Filter down, Filter across, byte[] square) {
    int size = down.first().length;
    int length = size * CHANNELS;
    int begin = across.first()[0];
    int read = (across.end() - begin) * CHANNELS;
    if (source.length < read) {
      source = new byte[read];
    }
    if (sums.length < size * length) {
      row = new int[length];
      sums = new int[size * length];
    }
    Arrays.fill(sums, 0, size * length, HALF);
    ByteDataBuffer pixels = image.asRawTensor().data();
    long stride = image.shape().get(1) * CHANNELS;
    int firstOut = 0;
    for (int y = down.first()[0]; y < down.end(); y++) {
      while (down.first()[firstOut] + down.count()[firstOut] <= y) {
        firstOut++;
      }
      pixels
          .offset((box.top() + y) * stride + (long) (box.left() + begin) * CHANNELS)
          .read(source, 0, read);
      across(across, begin, length);
      for (int out = firstOut; out < size && down.first()[out] <= y; out++) {
        add(down.weights()[out * down.maxCount() + y - down.first()[out]], out * length, length);
      }
    }
    for (int i = 0; i < size * length; i++) {
      square[i] = (byte) clip(sums[i]);
    }
  }

  /** A row of the input becomes a row of the output's width. */
  private void across(Filter filter, int begin, int length) {
    for (int out = 0, to = 0; to < length; out++) {
      int weight = out * filter.maxCount();
      int end = weight + filter.count()[out];
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      for (int from = (filter.first()[out] - begin) * CHANNELS; weight < end; weight++) {
        int times = filter.weights()[weight];
        red += times * (source[from++] & MAX_BYTE);
        green += times * (source[from++] & MAX_BYTE);
        blue += times * (source[from++] & MAX_BYTE);
      }
      row[to++] = clip(red);
      row[to++] = clip(green);
      row[to++] = clip(blue);
    }
  }

  private void add(int weight, int at, int length) {
    for (int i = 0; i < length; i++) {
      sums[at + i] += weight * row[i];
    }
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(MAX_BYTE, sum >> PRECISION_BITS));
  }
}
