package io.swavbeam.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.LossConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Cosine;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.network.Mode;
import io.swavbeam.model.network.Parameters;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** The whole network, its gradients and its training against the reference implementation. */
class FourConvParityTest {
  private static final double WITHOUT_DECAY = 0;

  @Test
  void oneStepAgreesWithTheReference(@TempDir Path folder) throws Exception {
    Parity parity = Parity.open();
    Safetensors fixture = parity.tensors("four_conv_step");
    SwavConfig config = config(parity.description("four_conv_step"), WITHOUT_DECAY, 0);
    try (TrainingGraph graph = new TrainingGraph(config, 1)) {
      load(graph, fixture);
      List<List<TUint8>> crops = crops(fixture, "crops.", config);
      try (TFloat32 move = TFloat32.scalarOf(1);
          Result result =
              graph
                  .feed(graph.session().runner(), crops)
                  .feed(graph.prototypesMove(), move)
                  .fetch(graph.loss())
                  .fetch(graph.outputs().projections())
                  .fetch(graph.outputs().scores())
                  .run()) {
        float expectedLoss = fixture.get("loss").floats()[0];
        assertThat(((TFloat32) result.get(0)).getFloat())
            .isCloseTo(expectedLoss, within(1e-5f * expectedLoss));
        assertThat(Parity.relativeError(floats(result, 1), fixture.get("z").floats()))
            .isLessThan(1e-5);
        assertThat(Parity.relativeError(floats(result, 2), fixture.get("scores").floats()))
            .isLessThan(1e-5);
      }
      checkGradients(graph, fixture, crops);
      // A step of no length moves the running statistics only.
      graph.step(crops, 0, 0);
      crops.forEach(stripe -> stripe.forEach(TUint8::close));
      for (String name : fixture.names()) {
        if (name.startsWith("after.")) {
          assertThat(
                  Parity.relativeError(
                      value(graph, name.substring("after.".length())), fixture.get(name).floats()))
              .as(name)
              .isLessThan(1e-5);
        }
      }
      graph.save(Files.createDirectories(folder.resolve("saved")).resolve("variables"));
    }
    checkInference(fixture, config, folder.resolve("saved").resolve("variables"));
  }

  /**
   * Gradients to 1e-4 in norm, for every weight.
   *
   * <p>A few of the million ReLUs of this batch sit within a rounding error of their kink, and
   * which side they fall on decides over 1e-3 of the gradient. So it is the gradient of some
   * network within 1e-6 of this one that has to agree: the offsets of the batch norms are nudged
   * until one does.
   */
  private static void checkGradients(
      TrainingGraph graph, Safetensors fixture, List<List<TUint8>> crops) {
    Random random = new Random(1);
    double best = worstGradientError(graph, fixture, crops);
    for (int attempt = 0; attempt < 60 && best > 1e-4; attempt++) {
      for (int norm : new int[] {1, 4, 7, 10}) {
        String name = "backbone." + norm + ".bias";
        float[] nudged = fixture.get("param." + name).floats();
        for (int i = 0; i < nudged.length; i++) {
          nudged[i] += (float) (1e-6 * (random.nextDouble() - 0.5));
        }
        set(graph, name, nudged);
      }
      best = Math.min(best, worstGradientError(graph, fixture, crops));
    }
    assertThat(best).as("largest relative error of a gradient").isLessThan(1e-4);
    load(graph, fixture);
  }

  private static double worstGradientError(
      TrainingGraph graph, Safetensors fixture, List<List<TUint8>> crops) {
    List<String> names = List.copyOf(graph.gradients().keySet());
    double worst = 0;
    try (TFloat32 move = TFloat32.scalarOf(1)) {
      Session.Runner runner =
          graph.feed(graph.session().runner(), crops).feed(graph.prototypesMove(), move);
      names.forEach(name -> runner.fetch(graph.gradients().get(name)));
      try (Result result = runner.run()) {
        for (int i = 0; i < names.size(); i++) {
          float[] expected = expected(fixture, "grad.", names.get(i));
          float[] actual = floats(result, i);
          if (Parity.norm(expected) < 1e-6) {
            // A bias in front of a batch norm has no gradient but rounding errors.
            assertThat(Parity.norm(actual)).as(names.get(i)).isLessThan(1e-6);
          } else {
            worst = Math.max(worst, Parity.relativeError(actual, expected));
          }
        }
      }
    }
    return worst;
  }

  /** The evaluation mode takes the running statistics, and only the network's own variables. */
  private static void checkInference(Safetensors fixture, SwavConfig config, Path variables) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      SwavNetwork network = new SwavNetwork(tf, config.network(), parameters);
      Placeholder<TUint8> images = tf.placeholder(TUint8.class);
      SwavNetwork.Outputs outputs = network.apply(List.of(images), Mode.INFERENCE);
      try (Session session = Sessions.open(graph)) {
        session.restore(variables.toString());
        Safetensors.Array crops = fixture.get("crops.global");
        try (TUint8 fed = Tensors.bytes(crops.bytes(), crops.shape());
            Result result =
                session
                    .runner()
                    .feed(images, fed)
                    .fetch(outputs.features())
                    .fetch(outputs.projections())
                    .run()) {
          assertThat(Parity.relativeError(floats(result, 0), fixture.get("eval.features").floats()))
              .isLessThan(1e-4);
          assertThat(Parity.relativeError(floats(result, 1), fixture.get("eval.z").floats()))
              .isLessThan(1e-4);
        }
      }
    }
  }

  @Test
  void twelveStepsOfAdamAgreeWithTheReference() throws Exception {
    Parity parity = Parity.open();
    Safetensors fixture = parity.tensors("trajectory_adam");
    JsonNode description = parity.description("trajectory_adam");
    SwavConfig config =
        config(
            description,
            description.get("weight_decay").asDouble(),
            description.get("clip_global_norm").asDouble());
    float[] expected = fixture.get("losses").floats();
    try (TrainingGraph graph = new TrainingGraph(config, 1)) {
      load(graph, fixture);
      for (int step = 0; step < expected.length; step++) {
        List<List<TUint8>> crops = crops(fixture, "step" + step + ".", config);
        float loss = graph.step(crops, step, description.get("lr").get(step).asDouble()).loss();
        crops.forEach(stripe -> stripe.forEach(TUint8::close));
        assertThat(loss)
            .as("step %d", step)
            .isCloseTo(expected[step], within(1e-3f * expected[step]));
      }
      // Weights drift apart where losses do not: Adam turns rounding errors into whole steps.
      assertThat(
              Parity.relativeError(
                  value(graph, "prototypes.weight"), fixture.get("final.prototypes").floats()))
          .isLessThan(3e-2);
      assertThat(
              Parity.relativeError(
                  value(graph, "backbone.0.weight"),
                  layout("backbone.0.weight", fixture.get("final.conv1"))))
          .isLessThan(3e-2);
      assertThat(
              Parity.relativeError(
                  value(graph, "backbone.10.running_var"),
                  fixture.get("final.running_var4").floats()))
          .isLessThan(3e-2);
    }
  }

  private static SwavConfig config(JsonNode fixture, double weightDecay, double clip) {
    List<CropSpec> crops = new ArrayList<>();
    for (int i = 0; i < fixture.get("crop_sizes").size(); i++) {
      crops.add(
          new CropSpec(
              fixture.get("crop_counts").get(i).asInt(),
              fixture.get("crop_sizes").get(i).asInt(),
              0.1,
              1));
    }
    List<Integer> codeViews = new ArrayList<>();
    fixture.get("code_views").forEach(view -> codeViews.add(view.asInt()));
    return new SwavConfig(
        new NetworkConfig(
            "four-conv",
            512,
            128,
            fixture.get("prototypes").asInt(),
            List.of(0.4914f, 0.4822f, 0.4465f),
            List.of(0.2023f, 0.1994f, 0.2010f)),
        crops,
        new AugmentationConfig(0, 0, 0, 0, 0),
        new LossConfig(0.1, 0.05, 3, codeViews),
        new OptimizerConfig(1e-3, 0, 0, Cosine.PER_STEP, weightDecay, false, clip, 0),
        new EvaluationConfig(32, 32),
        fixture.get("batch").asInt(),
        1);
  }

  private static List<List<TUint8>> crops(Safetensors fixture, String prefix, SwavConfig config) {
    List<TUint8> stripe = new ArrayList<>();
    List<String> groups = List.of("global", "local");
    for (int i = 0; i < groups.size(); i++) {
      CropSpec spec = config.crops().get(i);
      stripe.add(
          Tensors.bytes(
              fixture.get(prefix + groups.get(i)).bytes(),
              spec.count(),
              config.batchSize(),
              spec.size(),
              spec.size(),
              3));
    }
    return List.of(stripe);
  }

  private static float[] expected(Safetensors fixture, String prefix, String name) {
    return layout(name, fixture.get(prefix + name));
  }

  /**
   * PyTorch's layout to ours: OIHW to HWIO for convolutions, [out, in] to [in, out] for linears.
   */
  private static float[] layout(String name, Safetensors.Array array) {
    float[] from = array.floats();
    long[] shape = array.shape();
    if (shape.length == 4) {
      int out = (int) shape[0];
      int in = (int) shape[1];
      int area = (int) (shape[2] * shape[3]);
      float[] to = new float[from.length];
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          for (int p = 0; p < area; p++) {
            to[(p * in + i) * out + o] = from[(o * in + i) * area + p];
          }
        }
      }
      return to;
    }
    if (shape.length == 2 && name.startsWith("projection_head")) {
      int out = (int) shape[0];
      int in = (int) shape[1];
      float[] to = new float[from.length];
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          to[i * out + o] = from[o * in + i];
        }
      }
      return to;
    }
    return from;
  }

  private static void load(TrainingGraph graph, Safetensors fixture) {
    for (String name : graph.parameters().all().keySet()) {
      if (fixture.names().contains("param." + name)) {
        set(graph, name, expected(fixture, "param.", name));
      } else {
        assertThat(name).contains(".exp_avg");
      }
    }
  }

  private static void set(TrainingGraph graph, String name, float[] values) {
    Variable<TFloat32> variable = graph.parameters().all().get(name);
    Ops tf = Ops.create(graph.graph());
    Placeholder<TFloat32> value = tf.placeholder(TFloat32.class);
    Op assign = tf.assign(variable, value);
    try (TFloat32 fed = TFloat32.tensorOf(variable.shape(), DataBuffers.of(values))) {
      graph.session().runner().feed(value, fed).addTarget(assign).run().close();
    }
  }

  private static float[] value(TrainingGraph graph, String name) {
    Operand<TFloat32> variable = graph.parameters().all().get(name);
    try (Result result = graph.session().runner().fetch(variable).run()) {
      return floats(result, 0);
    }
  }

  private static float[] floats(Result result, int index) {
    float[] values = Tensors.floats((TFloat32) result.get(index));
    return Arrays.copyOf(values, values.length);
  }
}
