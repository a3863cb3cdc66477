package io.swavbeam.model.crops;

import io.swavbeam.model.crops.CropParameters.Jitter;

/**
 * Flip, colour jitter, grey and blur of a crop, as torchvision defines them: {@code ColorJitter} in
 * its drawn order with clamping to [0, 1] after each of its four, {@code RandomGrayscale}, and a
 * Gaussian blur over reflected borders.
 *
 * <p>Colours are planes of floats, over which Java's compiler works with vectors. Java's floats are
 * the same on every processor, and so are the crops.
 *
 * <p>For one thread at a time.
 */
final class ColorAugmentation {
  private static final int CHANNELS = 3;
  private static final int BLUR_RADIUS = (int) (3 * CropParameters.MAX_SIGMA);
  private static final float MAX_BYTE = 255;

  /** Sums of a blur at a time: they and what is added stay in the first cache. */
  private static final int CHUNK = 1024;

  /** Less than any difference of two floats that are not all but 0. */
  private static final float TINY = 1e-30f;

  /** The luma of ITU-R 601. */
  private static final float RED_LUMA = 0.2989f;

  private static final float GREEN_LUMA = 0.587f;
  private static final float BLUE_LUMA = 0.114f;

  /** Bytes as numbers from 0 to 1: a division takes longer. */
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
   * Changes a crop in place.
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
   * By HSV, whose value and saturation stay: the hue is an angle on the hexagon of colours, here in
   * sixths of the circle.
   *
   * <p>In small loops and without an if, because it is those that Java's compiler turns into vector
   * instructions: it takes a seventh of the time.
   */
  private void rotateHue(float turn, int pixels) {
    float[] max = grey; // not needed meanwhile
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
      // From red, or a third of the circle further, from green, or another third, from blue.
      float thirds = positive(max[i] - red[i]) * (1 + positive(max[i] - green[i]));
      // A grey has no hue, and no chroma that could show it.
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

  /** 1 for a positive number, which is not below {@link #TINY}, and 0 for others. */
  private static float positive(float x) {
    return Math.max(0, Math.min(1, x * (1 / TINY)));
  }

  private static float unit(float x) {
    return Math.max(0, Math.min(1, x));
  }

  /** The middle weight and those beside it, as far as they matter; all together are 1. */
  private static float[] gaussian(double sigma) {
    // At four sigmas a weight is less than a tenth of a level.
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
   * Down and across. The plane is copied with reflected borders first, so that each pass is a few
   * long loops.
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
   * Adds up places of {@link #bordered}, the middle one and then pairs from the inside to the
   * outside.
   *
   * <p>Java's compiler does not use vectors where arrays are read with different offsets, since
   * they might be one array. So what is read is copied first.
   *
   * @param step from one place to the next
   * @param to takes the sums
   * @param count of the sums
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

  /** The place in {@code [0, size)} that a place outside is the mirror image of. */
  private static int reflect(int place, int size) {
    int period = Math.max(1, 2 * (size - 1));
    int in = Math.floorMod(place, period);
    return Math.min(in, period - in);
  }
}
