package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.crops.CropParameters.Jitter;
import io.swavbeam.model.parity.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TUint8;

/** Compares each pixel with the definitions. */
class ColorAugmentationTest {
  private static final int SIZE = 9;
  private static final int PIXELS = SIZE * SIZE;
  private static final CropBox BOX = new CropBox(0, 0, SIZE, SIZE);

  @Test
  void changesNothingUnlessAsked() {
    byte[] crop = randomCrop(1);
    assertThat(apply(crop, SIZE, List.of(plain()))).isEqualTo(crop);
  }

  @Test
  void agreesWithTheDefinitionsInEveryOrder() {
    List<CropParameters> parameters = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      StatelessRandom random = StatelessRandom.of(5, i);
      parameters.add(
          new CropParameters(
              BOX,
              random.chance(0.5),
              random.chance(0.8)
                  ? new Jitter(
                      random.permutation(4),
                      new double[] {
                        random.uniform(0.2, 1.8), random.uniform(0.2, 1.8), random.uniform(0.2, 1.8)
                      },
                      random.uniform(-0.2, 0.2))
                  : Jitter.NONE,
              random.chance(0.3),
              random.chance(0.5) ? random.uniform(0.1, 2) : 0));
    }
    byte[] crops = randomCrop(parameters.size());
    byte[] actual = apply(crops, SIZE, parameters);
    for (int i = 0; i < parameters.size(); i++) {
      double[] expected = expected(crops, i, parameters.get(i));
      for (int j = 0; j < expected.length; j++) {
        assertThat((double) Byte.toUnsignedInt(actual[i * expected.length + j]))
            .as("crop %d %s, value %d", i, parameters.get(i), j)
            .isBetween(expected[j] - 1, expected[j] + 1);
      }
    }
  }

  /** Compares with a TensorFlow graph, for pictures of the usual sizes. */
  @Test
  void agreesWithAGraphOfFloats() {
    for (int size : new int[] {8, 18, 96}) {
      List<CropParameters> parameters = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        parameters.add(
            CropParameters.draw(
                1,
                i,
                0,
                size,
                size,
                new CropSpec(1, size, 0.5, 1),
                new AugmentationConfig(0.5, 0.8, 1, 0.2, 0.5)));
      }
      byte[] crops = new byte[32 * size * size * 3];
      new Random(4).nextBytes(crops);
      byte[] expected;
      try (FloatGraph graph = new FloatGraph();
          TUint8 input = Tensors.bytes(crops, 32, size, size, 3);
          TUint8 output = graph.apply(input, parameters)) {
        expected = Tensors.bytes(output);
      }
      byte[] actual = apply(crops, size, parameters);
      for (int i = 0; i < crops.length; i++) {
        int difference = Byte.toUnsignedInt(actual[i]) - Byte.toUnsignedInt(expected[i]);
        assertThat(Math.abs(difference)).as("%d of size %d", i, size).isLessThanOrEqualTo(1);
      }
    }
  }

  private static double[] expected(byte[] crops, int crop, CropParameters p) {
    double[] x = new double[PIXELS * 3];
    for (int y = 0; y < SIZE; y++) {
      for (int column = 0; column < SIZE; column++) {
        int from = p.flip() ? SIZE - 1 - column : column;
        for (int c = 0; c < 3; c++) {
          x[(y * SIZE + column) * 3 + c] =
              Byte.toUnsignedInt(crops[((crop * SIZE + y) * SIZE + from) * 3 + c]) / 255.0;
        }
      }
    }
    for (int kind : p.jitter().order()) {
      double[] grey = grey(x);
      double mean = Arrays.stream(grey).average().orElseThrow();
      for (int i = 0; i < PIXELS; i++) {
        if (kind == Jitter.HUE) {
          turnHue(x, 3 * i, p.jitter().hue());
          continue;
        }
        for (int c = 0; c < 3; c++) {
          double base = kind == Jitter.BRIGHTNESS ? 0 : kind == Jitter.CONTRAST ? mean : grey[i];
          double factor = p.jitter().factors()[kind];
          x[3 * i + c] = clamp(factor * x[3 * i + c] + (1 - factor) * base);
        }
      }
    }
    if (p.grey()) {
      double[] grey = grey(x);
      for (int i = 0; i < x.length; i++) {
        x[i] = grey[i / 3];
      }
    }
    if (p.blurSigma() > 0) {
      x = blur(x, p.blurSigma());
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = 255 * clamp(x[i]);
    }
    return x;
  }

  private static double[] grey(double[] x) {
    double[] grey = new double[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      grey[i] = 0.2989 * x[3 * i] + 0.587 * x[3 * i + 1] + 0.114 * x[3 * i + 2];
    }
    return grey;
  }

  /** Rotates the hue, an angle on the hexagon of colours. */
  private static void turnHue(double[] x, int at, double turn) {
    double value = Math.max(x[at], Math.max(x[at + 1], x[at + 2]));
    double chroma = value - Math.min(x[at], Math.min(x[at + 1], x[at + 2]));
    double hue = 0;
    if (chroma > 0) {
      if (value == x[at]) {
        hue = (x[at + 1] - x[at + 2]) / chroma;
      } else if (value == x[at + 1]) {
        hue = 2 + (x[at + 2] - x[at]) / chroma;
      } else {
        hue = 4 + (x[at] - x[at + 1]) / chroma;
      }
    }
    double rotated = ((hue / 6 + turn) % 1 + 1) % 1 * 6;
    for (int c = 0; c < 3; c++) {
      double k = ((5 - 2 * c + rotated) % 6 + 6) % 6;
      x[at + c] = value - chroma * Math.max(0, Math.min(1, Math.min(k, 4 - k)));
    }
  }

  /** Blurs in two passes with reflected borders and a radius of six pixels. */
  private static double[] blur(double[] x, double sigma) {
    double[] across = blur(x, sigma, 0, 1);
    return blur(across, sigma, 1, 0);
  }

  private static double[] blur(double[] x, double sigma, int stepY, int stepX) {
    double[] result = new double[x.length];
    for (int y = 0; y < SIZE; y++) {
      for (int column = 0; column < SIZE; column++) {
        for (int c = 0; c < 3; c++) {
          double sum = 0;
          double weights = 0;
          for (int tap = -6; tap <= 6; tap++) {
            double weight = Math.exp(-tap * tap / (2 * sigma * sigma));
            int fromY = reflect(y + tap * stepY);
            int fromX = reflect(column + tap * stepX);
            sum += weight * x[(fromY * SIZE + fromX) * 3 + c];
            weights += weight;
          }
          result[(y * SIZE + column) * 3 + c] = sum / weights;
        }
      }
    }
    return result;
  }

  private static int reflect(int i) {
    int positive = Math.abs(i);
    return positive < SIZE ? positive : 2 * (SIZE - 1) - positive;
  }

  private static double clamp(double value) {
    return Math.max(0, Math.min(1, value));
  }

  private static CropParameters plain() {
    return new CropParameters(BOX, false, Jitter.NONE, false, 0);
  }

  private static byte[] randomCrop(int crops) {
    byte[] bytes = new byte[crops * PIXELS * 3];
    new Random(3).nextBytes(bytes);
    return bytes;
  }

  private static byte[] apply(byte[] crops, int size, List<CropParameters> parameters) {
    ColorAugmentation colors = new ColorAugmentation();
    byte[] changed = new byte[crops.length];
    int length = crops.length / parameters.size();
    for (int i = 0; i < parameters.size(); i++) {
      byte[] crop = Arrays.copyOfRange(crops, i * length, (i + 1) * length);
      colors.apply(crop, size, parameters.get(i));
      System.arraycopy(crop, 0, changed, i * length, length);
    }
    return changed;
  }
}
