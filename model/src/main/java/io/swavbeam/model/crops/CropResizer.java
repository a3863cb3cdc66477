package io.swavbeam.model.crops;

import io.swavbeam.model.image.Picture;
import java.util.Arrays;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * Scaling of images, with exactly the same result as Pillow's {@code resize} with {@code BILINEAR}.
 * The filter is a triangle, which is wider when an image shrinks. It is applied to rows, then to
 * columns, in integers, with 8-bit values in between.
 *
 * <p>Reads only the rows and columns that a square needs, a few rows at a time. Its memory is that
 * of the square and of these rows, plus 384 bytes for each input column that an output column
 * depends on.
 *
 * <p>Sums are accumulated over whole arrays from index 0, because Java's compiler vectorises such
 * loops. This takes half of the time.
 *
 * <p>Not thread-safe.
 */
final class CropResizer {
  private static final int CHANNELS = 3;

  /** The number of fractional bits in Pillow. Eight bits of a sum and a sign fit besides. */
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int HALF = 1 << (PRECISION_BITS - 1);
  private static final int MAX_BYTE = 255;

  /** The largest number of input rows that are scaled at a time. */
  private static final int ROWS = 32;

  /** The largest number of bytes of these rows, unless a single row has more. */
  private static final int ROWS_BYTES = 1 << 20;

  private byte[] source = new byte[0];
  // The input columns that an output column depends on, each as an array of the three channels of
  // all rows. A column is stored at its number modulo the length of this array.
  private int[][] columns = new int[0][];
  // The same rows, scaled horizontally.
  private int[][] rows = new int[0][];
  // The sums of one output column.
  private final int[] sum = new int[ROWS * CHANNELS];
  // The sums of the output rows.
  private int[][] sums = new int[0][];

  /** The first input index of each output index, and the weights from there on. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Filter(int[] first, int[] count, int[] weights, int maxCount) {
    /**
     * Computes a filter as Pillow's {@code precompute_coeffs} and {@code normalize_coeffs_8bpc}.
     *
     * @param length the length of the input
     * @param from the begin of the scaled part of the input
     * @param to the end of the scaled part of the input
     * @param scaled the length of the whole output
     * @param begin the first output index to compute
     * @param size the number of output indices to compute
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

    /** Returns the end of the input range that the output depends on. */
    int end() {
      return first[first.length - 1] + count[count.length - 1];
    }
  }

  /**
   * Cuts out a box and scales it, as {@code image.crop(box).resize(size, BILINEAR)}. Pixels outside
   * the box have no influence.
   *
   * <p>For a reduced picture, this is {@code image.resize(size, BILINEAR, box)}, because the box
   * may begin and end within a pixel.
   *
   * @param box the box; within the image
   * @param size the height and width of the result in pixels
   * @param square the result, {@code [size, size, 3]}
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
   * Scales an image and cuts out the central square, as {@code CenterCrop(size)} of {@code
   * image.resize((width, height), BILINEAR)}. Pixels outside the square are not computed.
   *
   * @param height the height of the scaled image; at least that of the square
   * @param width the width of the scaled image; at least that of the square
   * @param square the result, {@code [size, size, 3]}
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

  /** Rounds like Python: half a pixel to the even number. */
  private static long middle(long length, int size) {
    return (long) Math.rint((length - size) / 2.0);
  }

  /**
   * @param down the filter of the rows of the box
   * @param across the filter of the columns of the box
   */
  private void resize(TUint8 image, CropBox box, Filter down, Filter across, byte[] square) {
    int size = down.first().length;
    int length = size * CHANNELS;
    int begin = across.first()[0];
    int read = (across.end() - begin) * CHANNELS;
    int block = Math.max(1, Math.min(ROWS, ROWS_BYTES / read));
    reserve(block * read, across.maxCount(), size);
    for (int out = 0; out < size; out++) {
      Arrays.fill(sums[out], 0, length, HALF);
    }
    ByteDataBuffer pixels = image.asRawTensor().data();
    long stride = image.shape().get(1) * CHANNELS;
    int firstOut = 0;
    for (int top = down.first()[0]; top < down.end(); top += block) {
      int count = Math.min(block, down.end() - top);
      for (int y = 0; y < count; y++) {
        pixels
            .offset((box.top() + top + y) * stride + (long) (box.left() + begin) * CHANNELS)
            .read(source, y * read, read);
      }
      across(across, begin, read, size, count);
      for (int y = top; y < top + count; y++) {
        while (down.first()[firstOut] + down.count()[firstOut] <= y) {
          firstOut++;
        }
        for (int out = firstOut; out < size && down.first()[out] <= y; out++) {
          int weight = down.weights()[out * down.maxCount() + y - down.first()[out]];
          add(weight, rows[y - top], sums[out], length);
        }
      }
    }
    for (int out = 0; out < size; out++) {
      for (int i = 0; i < length; i++) {
        square[out * length + i] = (byte) clip(sums[out][i]);
      }
    }
  }

  private void reserve(int bytes, int seen, int size) {
    if (source.length < bytes) {
      source = new byte[bytes];
    }
    if (columns.length < seen) {
      columns = new int[seen][ROWS * CHANNELS];
    }
    if (sums.length < size) {
      rows = new int[ROWS][size * CHANNELS];
      sums = new int[size][size * CHANNELS];
    }
  }

  /**
   * Scales input rows to the width of the output.
   *
   * @param begin the first column of the input that was read
   * @param read the number of bytes per row
   * @param count the number of rows
   */
  private void across(Filter filter, int begin, int read, int size, int count) {
    int rotated = 0;
    for (int out = 0; out < size; out++) {
      int first = filter.first()[out] - begin;
      int end = first + filter.count()[out];
      for (; rotated < end; rotated++) {
        rotate(rotated * CHANNELS, read, count, columns[rotated % columns.length]);
      }
      Arrays.fill(sum, HALF);
      for (int from = first, weight = out * filter.maxCount(); from < end; from++, weight++) {
        add(filter.weights()[weight], columns[from % columns.length], sum, sum.length);
      }
      int to = out * CHANNELS;
      for (int y = 0; y < count; y++) {
        int[] row = rows[y];
        row[to] = clip(sum[y]);
        row[to + 1] = clip(sum[ROWS + y]);
        row[to + 2] = clip(sum[2 * ROWS + y]);
      }
    }
  }

  /** Copies a column of the rows into an array. */
  private void rotate(int from, int read, int count, int[] column) {
    for (int y = 0; y < count; y++, from += read) {
      column[y] = source[from] & MAX_BYTE;
      column[ROWS + y] = source[from + 1] & MAX_BYTE;
      column[2 * ROWS + y] = source[from + 2] & MAX_BYTE;
    }
  }

  private static void add(int weight, int[] values, int[] sum, int length) {
    for (int i = 0; i < length; i++) {
      sum[i] += weight * values[i];
    }
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(MAX_BYTE, sum >> PRECISION_BITS));
  }
}
