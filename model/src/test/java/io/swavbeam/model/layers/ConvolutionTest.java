package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Convolutions as they are computed on a CPU, against TensorFlow's op and its gradients. */
class ConvolutionTest {
  private static final long[] SEED = {3, 5};
  private static final List<String> NAMES = List.of("output", "gradient of images", "of kernel");

  @ParameterizedTest(name = "{2}x{2} at stride {3}, images of {0}x{1} pixels, {4} channels")
  @CsvSource({
    // height, width, kernel, stride, channels
    "8, 7, 3, 1, 16",
    "8, 7, 3, 2, 16",
    "7, 8, 3, 2, 16",
    "5, 5, 5, 2, 32",
    "4, 3, 3, 1, 16",
    "8, 7, 1, 1, 16",
    "8, 7, 1, 2, 16",
    "7, 8, 1, 2, 16",
    "14, 13, 7, 2, 3",
  })
  void isTensorFlows(int height, int width, int kernel, int stride, int channels) {
    long[] shape = {6, height, width, channels};
    assertSame(TFloat32.class, shape, kernel, stride, 1e-5);
    assertSame(TBfloat16.class, shape, kernel, stride, 1e-2);
  }

  private static void assertSame(
      Class<? extends TFloating> type, long[] shape, int kernel, int stride, double tolerance) {
    List<float[]> onCpu = run(type, shape, kernel, stride, true);
    List<float[]> plain = run(type, shape, kernel, stride, false);
    for (int i = 0; i < NAMES.size(); i++) {
      assertThat(Parity.relativeError(onCpu.get(i), plain.get(i)))
          .as("%s, %s", NAMES.get(i), type.getSimpleName())
          .isLessThan(tolerance);
    }
  }

  private static <T extends TFloating> List<float[]> run(
      Class<T> type, long[] shape, int kernel, int stride, boolean onCpu) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      Layers<T> layers = new Layers<>(tf, List.of(tf), type, Mode.TRAINING, onCpu, parameters);
      Operand<TFloat32> images = random(tf, shape);
      Convolution<T> convolution =
          layers.convolution("convolution", "norm", shape[3], 24, kernel, stride);
      Operand<TFloat32> y =
          layers.wide(tf, convolution.apply(List.of(layers.cast(tf, images))).get(0));
      // Some number that all outputs have a part in.
      Operand<TFloat32> loss =
          tf.reduceSum(
              tf.math.mul(y, random(tf, y.shape().asArray())), tf.constant(new int[] {0, 1, 2, 3}));
      Variable<TFloat32> weight = parameters.trainable().get("convolution.weight");
      Output<?>[] automatic =
          graph.addGradients(
              loss.asOutput(), new Output<?>[] {images.asOutput(), weight.asOutput()});
      Operand<?> ofKernel =
          onCpu ? layers.gradients(graph, loss).get("convolution.weight") : automatic[1];
      try (Session session = Sessions.open(graph)) {
        parameters.initializers().forEach(session::run);
        try (Result result = session.runner().fetch(y).fetch(automatic[0]).fetch(ofKernel).run()) {
          return IntStream.range(0, NAMES.size())
              .mapToObj(i -> Tensors.floats((TFloat32) result.get(i)))
              .toList();
        }
      }
    }
  }

  private static Operand<TFloat32> random(Ops tf, long[] shape) {
    return tf.random.statelessRandomNormal(tf.constant(shape), tf.constant(SEED), TFloat32.class);
  }
}
