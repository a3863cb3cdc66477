package io.swavbeam.model.crops;

import io.swavbeam.model.crops.CropParameters.Jitter;

/**
 * Horizontal flip, colour jitter, greyscale and Gaussian blur of a crop, as torchvision defines
 * them. The four operations of {@code ColorJitter} are applied in a random order, and each result
 * is clamped to [0, 1]. The blur reflects the image at its borders.
 *
 * <p>Colours are stored as planes of floats, so that Java's compiler can vectorise the loops. Float
 * arithmetic in Java is the same on every processor, so the crops are, too.
 *
 * <p>Not thread-safe.
 */
final class ColorAugmentation {
  private static final int CHANNELS = 3;
  private static final int BLUR_RADIUS = (int) (3 * CropParameters.MAX_SIGMA);
  private static final float MAX_BYTE = 255;

  /**
   * The number of sums that a blur computes at a time. The sums and their summands fit into the L1
   * cache.
   */
  private static final int CHUNK = 1024;

  /** A number below the difference of any two distinct colours. */
  private static final float TINY = 1e-30f;

  /** The weights of luma by ITU-R 601. */
  private static final float RED_LUMA = 0.2989f;

  private static final float GREEN_LUMA = 0.587f;
  private static final float BLUE_LUMA = 0.114f;

  /** The bytes 0 to 255 divided by 255. Reading this table is faster than dividing. */
  private static final float[] UNIT = new float[256];

  static {
    for (int level = 0; level < UNIT.length; level++) {
      UNIT[level] = level / MAX_BYTE;
    }
  }

  private float[] red = new float[0];
  private float[] green = new float[0];
  private float[] blue = new float[0];
  private float[] grey = new float[0];
  private float[] min = new float[0];
  private float[] hue = new float[0];
  private float[] bordered = new float[0];
  private float[] blurred = new float[0];
  private final float[] before = new float[CHUNK];
  private final float[] after = new float[CHUNK];
  private final float[] sum = new float[CHUNK];

  /**
   * Augments a crop in place.
   *
   * @param crop {@code [size, size, 3]}
   */
  void apply(byte[] crop, int size, CropParameters parameters) {
    if (parameters.flip()) {
      flip(crop, size);
    }
    boolean jitter = parameters.jitter().changes();
    if (!jitter && !parameters.grey() && parameters.blurSigma() == 0) {
      return;
    }
    int pixels = size * size;
    if (red.length < pixels) {
      red = new float[pixels];
      green = new float[pixels];
      blue = new float[pixels];
      grey = new float[pixels];
      min = new float[pixels];
      hue = new float[pixels];
    }
    load(crop, pixels);
    if (jitter) {
      jitter(parameters.jitter(), pixels);
    }
    if (parameters.grey()) {
      toGrey(pixels);
      System.arraycopy(grey, 0, red, 0, pixels);
      System.arraycopy(grey, 0, green, 0, pixels);
      System.arraycopy(grey, 0, blue, 0, pixels);
    }
    if (parameters.blurSigma() > 0) {
      float[] weights = gaussian(parameters.blurSigma());
      blur(red, size, weights);
      blur(green, size, weights);
      blur(blue, size, weights);
    }
    store(crop, pixels);
  }

  private static void flip(byte[] crop, int size) {
    int length = size * CHANNELS;
    for (int row = 0; row < size * length; row += length) {
      for (int x = 0; x < size / 2; x++) {
        for (int channel = 0; channel < CHANNELS; channel++) {
          int left = row + x * CHANNELS + channel;
          int right = row + (size - 1 - x) * CHANNELS + channel;
          byte kept = crop[left];
          crop[left] = crop[right];
          crop[right] = kept;
        }
      }
    }
  }

  private void load(byte[] crop, int pixels) {
    for (int i = 0, from = 0; i < pixels; i++) {
      red[i] = UNIT[crop[from++] & 0xff];
      green[i] = UNIT[crop[from++] & 0xff];
      blue[i] = UNIT[crop[from++] & 0xff];
    }
  }

  private void store(byte[] crop, int pixels) {
    for (int i = 0, to = 0; i < pixels; i++) {
      crop[to++] = (byte) (red[i] * MAX_BYTE + 0.5f);
      crop[to++] = (byte) (green[i] * MAX_BYTE + 0.5f);
      crop[to++] = (byte) (blue[i] * MAX_BYTE + 0.5f);
    }
  }

  private void jitter(Jitter jitter, int pixels) {
    for (int kind : jitter.order()) {
      if (kind == Jitter.HUE) {
        rotateHue((float) jitter.hue(), pixels);
        continue;
      }
      float factor = (float) jitter.factors()[kind];
      switch (kind) {
        case Jitter.CONTRAST -> {
          toGrey(pixels);
          blend(factor, (1 - factor) * mean(pixels), pixels);
        }
        case Jitter.SATURATION -> {
          toGrey(pixels);
          blendWithGrey(red, factor, pixels);
          blendWithGrey(green, factor, pixels);
          blendWithGrey(blue, factor, pixels);
        }
        default -> blend(factor, 0, pixels);
      }
    }
  }

  private void toGrey(int pixels) {
    for (int i = 0; i < pixels; i++) {
      grey[i] = RED_LUMA * red[i] + GREEN_LUMA * green[i] + BLUE_LUMA * blue[i];
    }
  }

  private float mean(int pixels) {
    double sum = 0;
    for (int i = 0; i < pixels; i++) {
      sum += grey[i];
    }
    return (float) (sum / pixels);
  }

  private void blend(float factor, float base, int pixels) {
    blend(red, factor, base, pixels);
    blend(green, factor, base, pixels);
    blend(blue, factor, base, pixels);
  }

  private static void blend(float[] plane, float factor, float base, int pixels) {
    for (int i = 0; i < pixels; i++) {
      plane[i] = unit(plane[i] * factor + base);
    }
  }

  private void blendWithGrey(float[] plane, float factor, int pixels) {
    float rest = 1 - factor;
    for (int i = 0; i < pixels; i++) {
      plane[i] = unit(plane[i] * factor + grey[i] * rest);
    }
  }

  /**
   * Changes the hue in HSV, and keeps value and saturation. The hue is an angle on the hexagon of
   * colours, here in sixths of a turn.
   *
   * <p>Uses small loops without branches, because Java's compiler vectorises only these. This takes
   * a seventh of the time.
   */
  private void rotateHue(float turn, int pixels) {
    float[] max = grey; // reused as a buffer
    for (int i = 0; i < pixels; i++) {
      max[i] = Math.max(red[i], Math.max(green[i], blue[i]));
    }
    for (int i = 0; i < pixels; i++) {
      min[i] = Math.min(red[i], Math.min(green[i], blue[i]));
    }
    for (int i = 0; i < pixels; i++) {
      float notRed = positive(max[i] - red[i]);
      float isBlue = notRed * positive(max[i] - green[i]);
      hue[i] =
          (1 - notRed) * (green[i] - blue[i])
              + (notRed - isBlue) * (blue[i] - red[i])
              + isBlue * (red[i] - green[i]);
    }
    for (int i = 0; i < pixels; i++) {
      // The hue begins at red, green or blue: at 0, a third or two thirds of a turn.
      float thirds = positive(max[i] - red[i]) * (1 + positive(max[i] - green[i]));
      // The hue of a grey pixel does not matter, because its chroma is 0.
      hue[i] = hue[i] / Math.max(max[i] - min[i], TINY) + 2 * thirds + 6 * turn;
    }
    for (int i = 0; i < pixels; i++) {
      hue[i] = hue[i] + 6 * positive(-hue[i]) - 6 * positive(hue[i] - 6);
    }
    for (int i = 0; i < pixels; i++) {
      red[i] = min[i] + (max[i] - min[i]) * (1 - unit(2 - Math.abs(hue[i] - 3)));
    }
    for (int i = 0; i < pixels; i++) {
      green[i] = min[i] + (max[i] - min[i]) * unit(2 - Math.abs(hue[i] - 2));
    }
    for (int i = 0; i < pixels; i++) {
      blue[i] = min[i] + (max[i] - min[i]) * unit(2 - Math.abs(hue[i] - 4));
    }
  }

  /**
   * Returns 1 for positive numbers and 0 for others. Positive numbers must be at least {@link
   * #TINY}.
   */
  private static float positive(float x) {
    return Math.max(0, Math.min(1, x * (1 / TINY)));
  }

  private static float unit(float x) {
    return Math.max(0, Math.min(1, x));
  }

  /**
   * Returns the weight of the centre and the weights at each distance from it. The whole kernel has
   * the sum 1.
   */
  private static float[] gaussian(double sigma) {
    // Beyond four standard deviations, a weight changes a value by less than a tenth of a level.
    int radius = Math.min(BLUR_RADIUS, (int) Math.ceil(4 * sigma));
    double[] weights = new double[radius + 1];
    double sum = 0;
    for (int tap = 0; tap <= radius; tap++) {
      weights[tap] = StrictMath.exp(-tap * tap / (2 * sigma * sigma));
      sum += tap == 0 ? weights[tap] : 2 * weights[tap];
    }
    float[] result = new float[radius + 1];
    for (int tap = 0; tap <= radius; tap++) {
      result[tap] = (float) (weights[tap] / sum);
    }
    return result;
  }

  /**
   * Blurs a plane along both axes. First copies it with reflected borders, so that each pass
   * consists of a few long loops.
   */
  private void blur(float[] plane, int size, float[] weights) {
    int radius = weights.length - 1;
    int wide = size + 2 * radius;
    if (bordered.length < wide * size) {
      bordered = new float[(size + 2 * BLUR_RADIUS) * size];
    }
    for (int y = -radius; y < size + radius; y++) {
      System.arraycopy(plane, reflect(y, size) * size, bordered, (y + radius) * size, size);
    }
    weigh(size, plane, size * size, weights);
    for (int y = 0; y < size; y++) {
      int row = y * wide + radius;
      System.arraycopy(plane, y * size, bordered, row, size);
      for (int tap = 1; tap <= radius; tap++) {
        bordered[row - tap] = plane[y * size + reflect(-tap, size)];
        bordered[row + size - 1 + tap] = plane[y * size + reflect(size - 1 + tap, size)];
      }
    }
    if (blurred.length < wide * size) {
      blurred = new float[bordered.length];
    }
    weigh(1, blurred, wide * size - 2 * radius, weights);
    for (int y = 0; y < size; y++) {
      System.arraycopy(blurred, y * wide, plane, y * size, size);
    }
  }

  /**
   * Computes weighted sums of elements of {@link #bordered}: the centre, then pairs from the inside
   * to the outside.
   *
   * <p>Copies the elements first, because Java's compiler does not vectorise loops that read arrays
   * at different offsets.
   *
   * @param step the distance between neighbours
   * @param to the sums
   * @param count the number of sums
   */
  private void weigh(int step, float[] to, int count, float[] weights) {
    int radius = weights.length - 1;
    for (int begin = 0; begin < count; begin += CHUNK) {
      int length = Math.min(CHUNK, count - begin);
      int middle = begin + radius * step;
      System.arraycopy(bordered, middle, before, 0, length);
      scale(before, sum, length, weights[0]);
      for (int tap = 1; tap <= radius; tap++) {
        System.arraycopy(bordered, middle - tap * step, before, 0, length);
        System.arraycopy(bordered, middle + tap * step, after, 0, length);
        addPair(before, after, sum, length, weights[tap]);
      }
      System.arraycopy(sum, 0, to, begin, length);
    }
  }

  private static void scale(float[] from, float[] to, int length, float weight) {
    for (int i = 0; i < length; i++) {
      to[i] = weight * from[i];
    }
  }

  private static void addPair(float[] one, float[] other, float[] sum, int length, float weight) {
    for (int i = 0; i < length; i++) {
      sum[i] += weight * (one[i] + other[i]);
    }
  }

  /** Returns the index in {@code [0, size)} whose reflection an index outside of it is. */
  private static int reflect(int place, int size) {
    int period = Math.max(1, 2 * (size - 1));
    int in = Math.floorMod(place, period);
    return Math.min(in, period - in);
  }
}
