package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Compares batch norm in training, on one and two replicas, with its definition in float64. */
class BatchNormTest {
  private static final int CHANNELS = 8;
  private static final float[] WEIGHT = {1, 0.5f, 2, 1.5f, -1, 0.1f, 1, 3};
  private static final float[] BIAS = {0, 1, -1, 0.5f, 0, 2, -3, 1};
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  /**
   * The input of a case.
   *
   * @param replicas the number of replicas that share the images
   * @param mean the mean of the images, in standard deviations
   * @param runningMean the running mean before the step
   * @param hasRelu whether a ReLU follows
   */
  private record Case(
      int images, int side, int replicas, double mean, float runningMean, boolean hasRelu) {
    int pixels() {
      return images * side * side;
    }

    Shape shape() {
      return Shape.of(images, side, side, CHANNELS);
    }
  }

  @ParameterizedTest(
      name = "{0} images of {1}x{1} pixels, {2} replicas, mean {3} where it was {4}, ReLU {5}")
  @CsvSource({
    "64, 56, 1, 3, 0, false",
    "64, 56, 1, 3, 0, true",
    "64, 56, 2, 3, 0, false",
    "64, 56, 2, 3, 0, true",
    "64, 56, 1, 100, 99, true",
    "16, 112, 1, 3, 0, true",
    "2, 3, 1, 3, 0, false",
    "7, 5, 1, -3, -2, true",
    "200, 1, 1, 3, 0, false",
  })
  void isExact(
      int images, int side, int replicas, double mean, float runningMean, boolean hasRelu) {
    Case given = new Case(images, side, replicas, mean, runningMean, hasRelu);
    float[] x = random(given.pixels(), 1, mean);
    float[] ofY = random(given.pixels(), 2, 0.1);
    Map<String, float[]> actual = ours(x, ofY, given);

    definition(x, ofY, given)
        .forEach(
            (name, expected) ->
                assertThat(Parity.relativeError(actual.get(name), expected))
                    .as(name)
                    .isLessThan(name.startsWith("gradient") ? 1e-4 : 2e-6));
  }

  /** The variance is zero, for example, if all images are black or a feature is never active. */
  @Test
  void withoutVarianceItGivesItsBias() {
    Case given = new Case(32, 14, 1, 0, 0, false);
    float[] x = new float[given.pixels() * CHANNELS];
    Arrays.fill(x, 5);

    float[] y = ours(x, x, given).get("y");

    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isCloseTo(BIAS[i % CHANNELS], within(1e-2f));
    }
  }

  private static float[] random(int pixels, long seed, double mean) {
    Random random = new Random(seed);
    float[] values = new float[pixels * CHANNELS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + random.nextGaussian());
    }
    return values;
  }

  private static Map<String, float[]> ours(float[] x, float[] ofY, Case given) {
    Shape shape = given.shape();
    int replicas = given.replicas();
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      List<Ops> devices = Collections.nCopies(replicas, tf);
      Layers<TFloat32> layers =
          new Layers<>(tf, devices, TFloat32.class, Mode.TRAINING, true, parameters);
      BatchNorm norm = layers.norm("norm", CHANNELS);
      Operand<TFloat32> images = constant(tf, x, shape);
      List<Operand<TFloat32>> parts =
          replicas == 1
              ? List.of(images)
              : List.copyOf(tf.split(tf.constant(0), images, (long) replicas).output());
      List<Operand<TFloat32>> ys = norm.apply(devices, parts, null, given.hasRelu());
      Operand<TFloat32> y = replicas == 1 ? ys.get(0) : tf.concat(ys, tf.constant(0));
      Operand<TFloat32> loss =
          tf.reduceSum(
              tf.math.mul(y, constant(tf, ofY, shape)), tf.constant(new int[] {0, 1, 2, 3}));
      Variable<TFloat32> weight = parameters.all().get("norm.weight");
      Variable<TFloat32> bias = parameters.all().get("norm.bias");
      Output<?>[] gradients =
          graph.addGradients(
              loss.asOutput(),
              new Output<?>[] {images.asOutput(), weight.asOutput(), bias.asOutput()});
      List<Op> updates = layers.statisticsUpdates(tf, UnaryOperator.identity());
      List<Op> values =
          List.of(
              tf.assign(weight, tf.constant(WEIGHT)),
              tf.assign(bias, tf.constant(BIAS)),
              tf.assign(
                  parameters.all().get("norm.running_mean"),
                  tf.fill(tf.constant(new int[] {CHANNELS}), tf.constant(given.runningMean()))));

      try (Session session = Sessions.open(graph)) {
        parameters.initializers().forEach(session::run);
        values.forEach(session::run);
        Map<String, Operand<?>> wanted = new LinkedHashMap<>();
        wanted.put("y", y);
        wanted.put("gradient of x", gradients[0]);
        wanted.put("gradient of weight", gradients[1]);
        wanted.put("gradient of bias", gradients[2]);
        Map<String, float[]> found = new LinkedHashMap<>(values(session, wanted));
        updates.forEach(session::run);
        found.putAll(
            values(
                session,
                Map.of(
                    "running mean", parameters.all().get("norm.running_mean"),
                    "running variance", parameters.all().get("norm.running_var"))));
        return found;
      }
    }
  }

  private static Map<String, float[]> values(Session session, Map<String, Operand<?>> wanted) {
    Map<String, float[]> found = new LinkedHashMap<>();
    wanted.forEach(
        (name, operand) -> {
          try (Result result = session.runner().fetch(operand).run()) {
            found.put(name, Tensors.floats((TFloat32) result.get(0)));
          }
        });
    return found;
  }

  private static Operand<TFloat32> constant(Ops tf, float[] values, Shape shape) {
    try (TFloat32 tensor = TFloat32.tensorOf(shape, DataBuffers.of(values))) {
      return tf.constant(tensor);
    }
  }

  private static Map<String, float[]> definition(float[] x, float[] ofY, Case given) {
    int pixels = x.length / CHANNELS;
    float[] y = new float[x.length];
    float[] ofNormalised = ofY.clone();
    float[] runningMean = new float[CHANNELS];
    float[] runningVariance = new float[CHANNELS];
    float[] ofX = new float[x.length];
    float[] ofWeight = new float[CHANNELS];
    float[] ofBias = new float[CHANNELS];
    for (int channel = 0; channel < CHANNELS; channel++) {
      double sum = 0;
      for (int i = channel; i < x.length; i += CHANNELS) {
        sum += x[i];
      }
      double mean = sum / pixels;
      double squares = 0;
      for (int i = channel; i < x.length; i += CHANNELS) {
        squares += Math.pow(x[i] - mean, 2);
      }
      double deviation = Math.sqrt(squares / pixels + EPSILON);
      double sumOfY = 0;
      double sumOfProducts = 0;
      for (int i = channel; i < x.length; i += CHANNELS) {
        double normalised = (x[i] - mean) / deviation;
        y[i] = (float) (normalised * WEIGHT[channel] + BIAS[channel]);
        if (given.hasRelu() && y[i] <= 0) {
          y[i] = 0;
          ofNormalised[i] = 0;
        }
        sumOfY += ofNormalised[i];
        sumOfProducts += ofNormalised[i] * normalised;
      }
      for (int i = channel; i < x.length; i += CHANNELS) {
        double normalised = (x[i] - mean) / deviation;
        double deviating = ofNormalised[i] - sumOfY / pixels - normalised * sumOfProducts / pixels;
        ofX[i] = (float) (deviating * WEIGHT[channel] / deviation);
      }
      ofWeight[channel] = (float) sumOfProducts;
      ofBias[channel] = (float) sumOfY;
      runningMean[channel] = (float) ((1 - MOMENTUM) * given.runningMean() + MOMENTUM * mean);
      runningVariance[channel] = (float) (1 - MOMENTUM + MOMENTUM * squares / (pixels - 1));
    }
    return Map.of(
        "y", y,
        "running mean", runningMean,
        "running variance", runningVariance,
        "gradient of x", ofX,
        "gradient of weight", ofWeight,
        "gradient of bias", ofBias);
  }
}
