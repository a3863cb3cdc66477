package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Processor;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Compares convolutions with batch norm on a CPU with PyTorch's definition in float64: the output,
 * and the gradients of images and kernel.
 */
class ConvolutionTest {
  private static final int IMAGES = 6;
  private static final int OUT = 24;
  private static final double EPSILON = 1e-5;

  @ParameterizedTest(name = "{2}x{2} at stride {3}, images of {0}x{1} pixels, {4} channels")
  @CsvSource({
    // height, width, kernel, stride, channels
    "8, 7, 3, 1, 16",
    "8, 7, 3, 2, 16",
    "7, 8, 3, 2, 16",
    "5, 5, 5, 2, 32",
    "16, 17, 3, 1, 32",
    "18, 15, 3, 1, 64",
    "4, 3, 3, 1, 16",
    "8, 7, 1, 1, 16",
    "8, 7, 1, 2, 16",
    "7, 8, 1, 2, 16",
    "14, 13, 7, 2, 3",
    "28, 28, 3, 1, 3",
  })
  void isTheDefinition(int height, int width, int kernel, int stride, int channels) {
    assertSame(TFloat32.class, new Case(height, width, kernel, stride, channels, false), 1e-5);
    if (!Processor.ofThisMachine().bfloat16IsForbidden()) {
      assertSame(TBfloat16.class, new Case(height, width, kernel, stride, channels, true), 1e-2);
    }
  }

  private static void assertSame(
      Class<? extends TFloating> type, Case definition, double tolerance) {
    Map<String, double[]> expected = definition.evaluate();
    ours(type, definition)
        .forEach(
            (name, actual) ->
                assertThat(Parity.relativeError(actual, floats(expected.get(name))))
                    .as("%s, %s", name, type.getSimpleName())
                    .isLessThan(tolerance));
  }

  private static <T extends TFloating> Map<String, float[]> ours(Class<T> type, Case definition) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      Layers<T> layers = new Layers<>(tf, List.of(tf), type, Mode.TRAINING, true, parameters);
      // The backbone gets images that are rotated by 180 degrees.
      Operand<TFloat32> images =
          rotated(tf, constant(tf, definition.images, definition.imagesShape()));
      Convolution<T> convolution =
          layers.convolution(
              "convolution",
              "norm",
              definition.channels,
              OUT,
              definition.kernel,
              definition.stride);
      Operand<TFloat32> y =
          rotated(tf, layers.wide(tf, convolution.apply(List.of(layers.cast(tf, images))).get(0)));
      Operand<TFloat32> loss =
          tf.reduceSum(
              tf.math.mul(y, constant(tf, definition.ofOutput, definition.outputShape())),
              tf.constant(new int[] {0, 1, 2, 3}));
      Variable<TFloat32> weight = parameters.trainable().get("convolution.weight");
      Output<?>[] ofImages =
          graph.addGradients(loss.asOutput(), new Output<?>[] {images.asOutput()});
      Map<String, Operand<?>> wanted = new LinkedHashMap<>();
      wanted.put("output", y);
      @SuppressWarnings("unchecked") // a gradient has the type of its variable
      Operand<TFloat32> gradient = (Output<TFloat32>) ofImages[0];
      wanted.put("gradient of images", rotated(tf, gradient));
      wanted.put("gradient of kernel", layers.gradients(graph, loss).get("convolution.weight"));
      var kernel = tf.assign(weight, constant(tf, definition.weights, definition.kernelShape()));
      try (Session session = Sessions.open(graph)) {
        parameters.initializers().forEach(session::run);
        session.run(kernel);
        Session.Runner runner = session.runner();
        wanted.values().forEach(runner::fetch);
        Map<String, float[]> found = new LinkedHashMap<>();
        try (Result result = runner.run()) {
          int next = 0;
          for (String name : wanted.keySet()) {
            found.put(name, Tensors.floats((TFloat32) result.get(next++)));
          }
        }
        return found;
      }
    }
  }

  private static Operand<TFloat32> rotated(Ops tf, Operand<TFloat32> images) {
    return tf.reverse(images, tf.constant(new int[] {1, 2}));
  }

  private static Operand<TFloat32> constant(Ops tf, double[] values, Shape shape) {
    try (TFloat32 tensor = TFloat32.tensorOf(shape, DataBuffers.of(floats(values)))) {
      return tf.constant(tensor);
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /**
   * A convolution that pads by half a kernel on each side, and its batch norm with weight 1 and
   * bias 0, by their definitions. The loss is the sum of the outputs times {@code ofOutput}.
   */
  private static final class Case {
    private final int height;
    private final int width;
    private final int kernel;
    private final int stride;
    private final int channels;
    private final int outHeight;
    private final int outWidth;
    private final double[] images;
    private final double[] weights;
    private final double[] ofOutput;

    /**
     * @param bfloat16 whether images and weights are rounded to bfloat16
     */
    Case(int height, int width, int kernel, int stride, int channels, boolean bfloat16) {
      this.height = height;
      this.width = width;
      this.kernel = kernel;
      this.stride = stride;
      this.channels = channels;
      outHeight = (height - 1) / stride + 1;
      outWidth = (width - 1) / stride + 1;
      Random random = new Random(3);
      images = random(random, (int) imagesShape().size(), 1, bfloat16);
      weights =
          random(
              random,
              (int) kernelShape().size(),
              1 / Math.sqrt((double) kernel * kernel * channels),
              bfloat16);
      ofOutput = random(random, (int) outputShape().size(), 1, bfloat16);
    }

    private static double[] random(Random random, int count, double deviation, boolean bfloat16) {
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        float value = (float) (deviation * random.nextGaussian());
        // The upper half of a float is a bfloat16.
        values[i] =
            bfloat16 ? Float.intBitsToFloat(Float.floatToIntBits(value) & 0xFFFF0000) : value;
      }
      return values;
    }

    Shape imagesShape() {
      return Shape.of(IMAGES, height, width, channels);
    }

    Shape kernelShape() {
      return Shape.of(kernel, kernel, channels, OUT);
    }

    Shape outputShape() {
      return Shape.of(IMAGES, outHeight, outWidth, OUT);
    }

    Map<String, double[]> evaluate() {
      double[] convolved = new double[ofOutput.length];
      eachProduct((pixel, weight, output) -> convolved[output] += images[pixel] * weights[weight]);
      double[] normalised = new double[convolved.length];
      double[] ofConvolved = new double[convolved.length];
      for (int channel = 0; channel < OUT; channel++) {
        normalise(convolved, channel, normalised, ofConvolved);
      }
      double[] ofImages = new double[images.length];
      double[] ofKernel = new double[weights.length];
      eachProduct(
          (pixel, weight, output) -> {
            ofImages[pixel] += ofConvolved[output] * weights[weight];
            ofKernel[weight] += ofConvolved[output] * images[pixel];
          });
      return Map.of(
          "output", normalised, "gradient of images", ofImages, "gradient of kernel", ofKernel);
    }

    private interface Product {
      void at(int pixel, int weight, int output);
    }

    private void eachProduct(Product product) {
      for (int output = 0; output < ofOutput.length; output++) {
        int out = output % OUT;
        int x = output / OUT % outWidth;
        int y = output / OUT / outWidth % outHeight;
        int image = output / OUT / outWidth / outHeight;
        for (int i = 0; i < kernel; i++) {
          for (int j = 0; j < kernel; j++) {
            int row = y * stride + i - kernel / 2;
            int column = x * stride + j - kernel / 2;
            if (row < 0 || row >= height || column < 0 || column >= width) {
              continue;
            }
            for (int in = 0; in < channels; in++) {
              product.at(
                  ((image * height + row) * width + column) * channels + in,
                  ((i * kernel + j) * channels + in) * OUT + out,
                  output);
            }
          }
        }
      }
    }

    private void normalise(double[] x, int channel, double[] y, double[] ofX) {
      int[] places = new int[x.length / OUT];
      Arrays.setAll(places, i -> i * OUT + channel);
      double mean = Arrays.stream(places).mapToDouble(i -> x[i]).average().orElseThrow();
      double variance =
          Arrays.stream(places).mapToDouble(i -> Math.pow(x[i] - mean, 2)).average().orElseThrow();
      double deviation = Math.sqrt(variance + EPSILON);
      for (int i : places) {
        y[i] = (x[i] - mean) / deviation;
      }
      double ofMean = Arrays.stream(places).mapToDouble(i -> ofOutput[i]).average().orElseThrow();
      double along =
          Arrays.stream(places).mapToDouble(i -> ofOutput[i] * y[i]).average().orElseThrow();
      for (int i : places) {
        ofX[i] = (ofOutput[i] - ofMean - y[i] * along) / deviation;
      }
    }
  }
}
