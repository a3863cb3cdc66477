package io.swavbeam.model.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Mode;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.parity.TorchLayout;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Compares residual networks with the reference implementation. */
class ResNetParityTest {
  private static final List<Float> MEAN = List.of(0.4914f, 0.4822f, 0.4465f);
  private static final List<Float> STD = List.of(0.2023f, 0.1994f, 0.2010f);

  /**
   * The reference is computed in float64. In training, the fifty-three batch norms of ResNet-50,
   * the last of which see eight values per channel, multiply the rounding of float32: PyTorch's own
   * float32 is 1.5e-4 to 2.0e-4 away from the small reference set, depending on its threads and
   * layout (ResNet-18: 3.2e-6 to 4.0e-6).
   */
  @ParameterizedTest
  @CsvSource({"resnet18,resnet18_quarter,1e-5", "resnet50,resnet50_quarter,3e-4"})
  void agreesWithTheReference(String backbone, String name, double trainingBound) throws Exception {
    Parity parity = Parity.open();
    Safetensors fixture = parity.tensors(name);
    JsonNode description = parity.description(name);
    NetworkConfig config =
        new NetworkConfig(
            backbone,
            description.get("stage_planes").get(0).asInt(),
            description.get("hidden_mlp").asInt(),
            description.get("output_dim").asInt(),
            description.get("prototypes").asInt(),
            MEAN,
            STD);
    try (LoadedNetwork network =
        new LoadedNetwork(config, fixture, Mode.INFERENCE, List.of("global"))) {
      List<float[]> outputs = network.run();
      assertThat(error(outputs.get(0), fixture, "eval.features")).isLessThan(2e-6);
      assertThat(error(outputs.get(1), fixture, "eval.z")).isLessThan(2e-6);
      assertThat(error(outputs.get(2), fixture, "eval.scores")).isLessThan(2e-6);
    }
    try (LoadedNetwork network =
        new LoadedNetwork(config, fixture, Mode.TRAINING, List.of("global", "local"))) {
      List<float[]> outputs = network.run();
      assertThat(error(outputs.get(1), fixture, "train.z")).isLessThan(trainingBound);
      assertThat(error(outputs.get(2), fixture, "train.scores")).isLessThan(trainingBound);
    }
  }

  private static double error(float[] actual, Safetensors fixture, String expected) {
    return Parity.relativeError(actual, fixture.get(expected).floats());
  }

  /** A network with the weights and the crops of a fixture. */
  private static final class LoadedNetwork implements AutoCloseable {
    private final Graph graph = new Graph();
    private final Ops tf = Ops.create(graph);
    private final Parameters parameters = new Parameters(tf, 1);
    private final SwavNetwork.Outputs outputs;
    private final Session session;

    LoadedNetwork(NetworkConfig config, Safetensors fixture, Mode mode, List<String> groups) {
      SwavNetwork<?> network =
          new SwavNetwork<>(
              config, new Layers<>(tf, List.of(tf), TFloat32.class, mode, true, parameters));
      List<SwavNetwork.Group> images = new ArrayList<>();
      for (String group : groups) {
        Safetensors.Array crops = fixture.get("crops." + group);
        try (TUint8 value = Tensors.bytes(crops.bytes(), crops.shape())) {
          images.add(new SwavNetwork.Group(1, List.of(tf.constant(value))));
        }
      }
      outputs = network.apply(images);
      List<Op> loads = new ArrayList<>();
      parameters
          .all()
          .forEach(
              (name, variable) -> {
                float[] values = TorchLayout.ours(name, fixture.get("param." + name));
                long[] shape = variable.shape().asArray();
                loads.add(tf.assign(variable, tf.reshape(tf.constant(values), tf.constant(shape))));
              });
      Op load = tf.withControlDependencies(loads).noOp();
      session = Sessions.open(graph);
      session.run(load);
    }

    /** Returns features, projections and scores. */
    List<float[]> run() {
      try (Result result =
          session
              .runner()
              .fetch(outputs.features())
              .fetch(outputs.projections())
              .fetch(outputs.scores())
              .run()) {
        return IntStream.range(0, 3)
            .mapToObj(i -> Tensors.floats((TFloat32) result.get(i)))
            .toList();
      }
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }

  @Test
  void theSmallStemKeepsTheSizeOfTheImage() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Layers<TFloat32> layers = Layers.forInference(tf, TFloat32.class, new Parameters(tf, 1));
      Backbone<TFloat32> backbone = BackboneProvider.named("resnet18-small-stem").create(layers, 8);
      assertThat(layers.parameters().all().get("conv1.weight").shape())
          .isEqualTo(Shape.of(3, 3, 3, 8));
      Operand<TFloat32> images =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(2, 32, 32, 3)));
      assertThat(backbone.features(List.of(images)).get(0).shape()).isEqualTo(Shape.of(2, 64));
      assertThat(backbone.featureDim()).isEqualTo(64);
      // After the stem and at the end of the last stage.
      assertThat(graph.operation("Relu").output(0).shape()).isEqualTo(Shape.of(2, 32, 32, 8));
      assertThat(graph.operation("Relu_16").output(0).shape()).isEqualTo(Shape.of(2, 4, 4, 64));
    }
  }

  @Test
  void namesThePossibleBackbones() {
    assertThatThrownBy(() -> BackboneProvider.named("resnet"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "unknown network.backbone 'resnet': take one of four-conv,"
                + " resnet101, resnet101-small-stem, resnet18, resnet18-small-stem, resnet34,"
                + " resnet34-small-stem, resnet50, resnet50-small-stem");
  }
}
