package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.List;
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

/** The gradient of the kernel, which is not TensorFlow's automatic one, against that one. */
class ConvolutionTest {
  private static final long[] SEED = {3, 5};

  @ParameterizedTest(name = "{2}x{2} at stride {3}, images of {0}x{1} pixels, {4} channels")
  @CsvSource({
    // height, width, kernel, stride, channels
    "8, 7, 3, 1, 16", "8, 7, 3, 2, 16", "7, 8, 3, 2, 16", "5, 5, 5, 2, 32",
    "8, 7, 1, 1, 16", "8, 7, 1, 2, 16", "7, 8, 1, 2, 16", "14, 13, 7, 2, 3",
  })
  void theGradientIsTensorFlows(int height, int width, int kernel, int stride, int channels) {
    long[] shape = {6, height, width, channels};
    assertThat(error(TFloat32.class, shape, kernel, stride)).isLessThan(1e-5);
    assertThat(error(TBfloat16.class, shape, kernel, stride)).isLessThan(1e-2);
  }

  private static double error(
      Class<? extends TFloating> type, long[] shape, int kernel, int stride) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      Layers<?> layers = new Layers<>(tf, List.of(tf), type, Mode.TRAINING, true, parameters);
      Operand<TFloat32> loss = loss(tf, layers, random(tf, shape), kernel, stride);
      Operand<TFloat32> ours = layers.gradients(graph, loss).get("convolution.weight");
      Variable<TFloat32> weight = parameters.trainable().get("convolution.weight");
      Output<?> automatic =
          graph.addGradients(loss.asOutput(), new Output<?>[] {weight.asOutput()})[0];
      try (Session session = Sessions.open(graph)) {
        Session.Runner initialization = session.runner();
        parameters.initializers().forEach(initialization::addTarget);
        initialization.run().close();
        try (Result result = session.runner().fetch(ours).fetch(automatic).run()) {
          return Parity.relativeError(
              Tensors.floats((TFloat32) result.get(0)), Tensors.floats((TFloat32) result.get(1)));
        }
      }
    }
  }

  /** Some number that all outputs have a part in. */
  private static <T extends TFloating> Operand<TFloat32> loss(
      Ops tf, Layers<T> layers, Operand<TFloat32> images, int kernel, int stride) {
    Convolution<T> convolution =
        layers.convolution("convolution", "norm", images.shape().get(3), 24, kernel, stride);
    Operand<T> y = convolution.apply(List.of(layers.cast(tf, images))).get(0);
    Operand<TFloat32> wide = layers.wide(tf, y);
    Operand<TFloat32> weighted = tf.math.mul(wide, random(tf, y.shape().asArray()));
    return tf.reduceSum(weighted, tf.constant(new int[] {0, 1, 2, 3}));
  }

  private static Operand<TFloat32> random(Ops tf, long[] shape) {
    return tf.random.statelessRandomNormal(tf.constant(shape), tf.constant(SEED), TFloat32.class);
  }
}
