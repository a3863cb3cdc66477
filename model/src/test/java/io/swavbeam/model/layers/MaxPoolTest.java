package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Compares max pooling and its gradient on a CPU with the definition, pixel by pixel. */
class MaxPoolTest {
  private static final int IMAGES = 3;
  private static final int CHANNELS = 16;

  @ParameterizedTest(name = "{0}x{1} pixels")
  @CsvSource({"8, 8", "7, 8", "9, 5", "1, 2", "24, 24"})
  void isTheDefinition(int height, int width) {
    int rows = (height + 1) / 2;
    int columns = (width + 1) / 2;
    Random random = new Random(1);
    float[] x = numbers(random, IMAGES * height * width * CHANNELS);
    float[] ofOutput = numbers(random, IMAGES * rows * columns * CHANNELS);
    float[] y = new float[ofOutput.length];
    float[] ofX = new float[x.length];
    int top = Math.max(0, (rows - 1) * 2 + 3 - height) / 2;
    int left = Math.max(0, (columns - 1) * 2 + 3 - width) / 2;
    for (int i = 0; i < y.length; i++) {
      int channel = i % CHANNELS;
      int column = i / CHANNELS % columns;
      int row = i / CHANNELS / columns % rows;
      int image = i / CHANNELS / columns / rows;
      int largest = -1;
      for (int v = Math.max(0, 2 * row - top); v < Math.min(height, 2 * row - top + 3); v++) {
        for (int u = Math.max(0, 2 * column - left);
            u < Math.min(width, 2 * column - left + 3);
            u++) {
          int at = ((image * height + v) * width + u) * CHANNELS + channel;
          largest = largest < 0 || x[at] > x[largest] ? at : largest;
        }
      }
      y[i] = x[largest];
      ofX[largest] += ofOutput[i];
    }

    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input =
          tf.placeholder(
              TFloat32.class, Placeholder.shape(Shape.of(IMAGES, height, width, CHANNELS)));
      Operand<TFloat32> pooled = MaxPool.of(tf, input);
      Operand<TFloat32> weights =
          tf.reshape(
              tf.constant(ofOutput), tf.constant(new int[] {IMAGES, rows, columns, CHANNELS}));
      Operand<TFloat32> loss =
          tf.sum(tf.math.mul(pooled, weights), tf.constant(new int[] {0, 1, 2, 3}));
      Output<?>[] gradient =
          graph.addGradients(loss.asOutput(), new Output<?>[] {input.asOutput()});
      // TensorFlow's gradient of MaxPoolV2 is thirty times as slow.
      assertThat(gradient[0].op().type()).isEqualTo("MaxPoolGrad");
      try (Session session = Sessions.open(graph);
          TFloat32 images = TFloat32.tensorOf(Shape.of(IMAGES, height, width, CHANNELS))) {
        images.asRawTensor().data().asFloats().write(x);
        try (Result result =
            session.runner().feed(input, images).fetch(pooled).fetch(gradient[0]).run()) {
          assertThat(Tensors.floats((TFloat32) result.get(0))).containsExactly(y);
          float[] found = Tensors.floats((TFloat32) result.get(1));
          for (int i = 0; i < ofX.length; i++) {
            assertThat(found[i]).isCloseTo(ofX[i], within(1e-5f));
          }
        }
      }
    }
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
