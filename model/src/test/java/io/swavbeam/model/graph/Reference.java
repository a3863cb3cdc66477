package io.swavbeam.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.LossConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.parity.TorchLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Loads values of the reference implementation into a training graph. */
final class Reference {
  private Reference() {}

  /** Returns the recipe of a fixture of the four-conv network. */
  static SwavConfig config(JsonNode fixture, QueueConfig queue, OptimizerConfig optimizer) {
    List<CropSpec> crops = new ArrayList<>();
    for (int i = 0; i < fixture.get("crop_sizes").size(); i++) {
      crops.add(
          new CropSpec(
              fixture.get("crop_counts").get(i).asInt(),
              fixture.get("crop_sizes").get(i).asInt(),
              0.1,
              1));
    }
    List<Integer> cropsForAssign = new ArrayList<>();
    fixture.get("code_views").forEach(view -> cropsForAssign.add(view.asInt()));
    return new SwavConfig(
        new NetworkConfig(
            "four-conv",
            fixture.path("width").asInt(64),
            fixture.path("hidden_mlp").asInt(512),
            fixture.path("output_dim").asInt(128),
            fixture.get("prototypes").asInt(),
            List.of(0.4914f, 0.4822f, 0.4465f),
            List.of(0.2023f, 0.1994f, 0.2010f)),
        crops,
        new AugmentationConfig(0, 0, 0, 0, 0),
        new LossConfig(0.1, 0.05, 3, cropsForAssign),
        queue,
        optimizer,
        new EvaluationConfig(32, 32),
        fixture.get("batch").asInt(),
        1,
        1);
  }

  /** Returns the crops of a step as one batch shard, to be closed by the caller. */
  static List<List<TUint8>> crops(Safetensors fixture, String prefix, SwavConfig config) {
    List<TUint8> shard = new ArrayList<>();
    List<String> groups = List.of("global", "local");
    for (int i = 0; i < groups.size(); i++) {
      CropSpec spec = config.crops().get(i);
      shard.add(
          Tensors.bytes(
              fixture.get(prefix + groups.get(i)).bytes(),
              spec.count(),
              config.batchSize(),
              spec.size(),
              spec.size(),
              3));
    }
    return List.of(shard);
  }

  /** Returns random crops of a step in batch shards, to be closed by the caller. */
  static List<List<TUint8>> noise(SwavConfig recipe) {
    Random random = new Random(1);
    List<List<TUint8>> shards = new ArrayList<>();
    for (int i = 0; i < recipe.shardsPerStep(); i++) {
      List<TUint8> shard = new ArrayList<>();
      for (CropSpec spec : recipe.crops()) {
        byte[] bytes = new byte[spec.count() * recipe.shardSize() * spec.size() * spec.size() * 3];
        random.nextBytes(bytes);
        shard.add(
            Tensors.bytes(bytes, spec.count(), recipe.shardSize(), spec.size(), spec.size(), 3));
      }
      shards.add(shard);
    }
    return shards;
  }

  /** Returns a step without a queue and with prototypes that are not frozen. */
  static TrainingSchedule.Step step(long step, double learningRate) {
    return new TrainingSchedule.Step(
        learningRate, step + 1, step + 1, step + 1, TrainingSchedule.Queue.OFF);
  }

  /**
   * Creates a runner on some crops, with prototypes that are not frozen.
   *
   * @param move the scalar 1, which must stay open until the run is over
   */
  static Session.Runner runner(TrainingGraph graph, List<List<TUint8>> crops, TFloat32 move) {
    return graph.feed(graph.session().runner(), crops).feed(graph.prototypesMove(), move);
  }

  /** Returns a weight of a fixture in the layout of TensorFlow. */
  static float[] expected(Safetensors fixture, String prefix, String name) {
    return TorchLayout.ours(name, fixture.get(prefix + name));
  }

  /** Sets the weights of the network to those of a fixture. */
  static void load(TrainingGraph graph, Safetensors fixture) {
    for (String name : graph.parameters().all().keySet()) {
      if (fixture.names().contains("param." + name)) {
        set(graph, name, expected(fixture, "param.", name));
      } else {
        assertThat(name).containsAnyOf(".exp_avg", ".momentum_buffer", "queue.");
      }
    }
  }

  static void set(TrainingGraph graph, String name, float[] values) {
    // The graph may be a copy of the one that has the parameters.
    Output<TFloat32> variable = graph.graph().operation(name).output(0);
    Ops tf = Ops.create(graph.graph());
    Placeholder<TFloat32> value = tf.placeholder(TFloat32.class);
    Op assign = tf.assign(variable, value);
    try (TFloat32 fed = TFloat32.tensorOf(variable.shape(), DataBuffers.of(values))) {
      graph.session().runner().feed(value, fed).addTarget(assign).run().close();
    }
  }

  /** Returns the value of a variable. */
  static float[] value(TrainingGraph graph, String name) {
    try (Result result = graph.session().runner().fetch(name).run()) {
      return floats(result, 0);
    }
  }

  /** Returns the values of all variables by name. */
  static Map<String, float[]> values(TrainingGraph graph) {
    Session.Runner runner = graph.session().runner();
    graph.parameters().all().keySet().forEach(runner::fetch);
    Map<String, float[]> values = new LinkedHashMap<>();
    try (Result result = runner.run()) {
      for (String name : graph.parameters().all().keySet()) {
        values.put(name, floats(result, values.size()));
      }
    }
    return values;
  }

  static float[] floats(Result result, int index) {
    float[] values = Tensors.floats((TFloat32) result.get(index));
    return Arrays.copyOf(values, values.length);
  }
}
