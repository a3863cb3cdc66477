package io.swavbeam.model.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.LossConfig;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;

class SwappedPredictionParityTest {
  @Test
  void lossAndGradientsAgreeWithTheReference() throws Exception {
    Parity parity = Parity.open();
    Safetensors fixture = parity.tensors("loss");
    for (JsonNode c : parity.description("loss")) {
      check(fixture, c);
    }
  }

  private static void check(Safetensors fixture, JsonNode c) {
    String name = c.get("name").asText();
    List<Integer> cropsForAssign = new ArrayList<>();
    c.get("code_views").forEach(view -> cropsForAssign.add(view.asInt()));
    LossConfig config =
        new LossConfig(
            c.get("temperature").asDouble(),
            c.get("epsilon").asDouble(),
            c.get("iterations").asInt(),
            cropsForAssign);
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> z = tf.placeholder(TFloat32.class);
      Placeholder<TFloat32> prototypes = tf.placeholder(TFloat32.class);
      List<Operand<TFloat32>> queue = new ArrayList<>();
      if (c.get("queue_length").asInt() > 0) {
        Safetensors.Array stored = fixture.get(name + ".queue");
        try (TFloat32 values = Tensors.of(stored)) {
          Operand<TFloat32> all = tf.constant(values);
          for (int i = 0; i < cropsForAssign.size(); i++) {
            Operand<TFloat32> own = tf.gather(all, tf.constant(i), tf.constant(0));
            queue.add(tf.linalg.matMul(own, prototypes, MatMul.transposeB(true)));
          }
        }
      }
      Operand<TFloat32> scores = tf.linalg.matMul(z, prototypes, MatMul.transposeB(true));
      Operand<TFloat32> loss =
          SwappedPrediction.of(
                  tf, scores, c.get("views").asInt(), c.get("batch").asInt(), config, queue)
              .loss();
      Output<?>[] gradients =
          graph.addGradients(
              loss.asOutput(), new Output<?>[] {z.asOutput(), prototypes.asOutput()});
      try (Session session = Sessions.open(graph);
          TFloat32 zValue = Tensors.of(fixture.get(name + ".z"));
          TFloat32 prototypesValue = Tensors.of(fixture.get(name + ".prototypes"));
          Result result =
              session
                  .runner()
                  .feed(z, zValue)
                  .feed(prototypes, prototypesValue)
                  .fetch(loss)
                  .fetch(gradients[0])
                  .fetch(gradients[1])
                  .run()) {
        float expected = fixture.get(name + ".loss").floats()[0];
        assertThat(((TFloat32) result.get(0)).getFloat())
            .as(name)
            .isCloseTo(expected, within(1e-5f * expected));
        assertThat(relativeError(result, 1, fixture, name + ".dz")).as(name).isLessThan(1e-4);
        assertThat(relativeError(result, 2, fixture, name + ".dprototypes"))
            .as(name)
            .isLessThan(1e-4);
      }
    }
  }

  private static double relativeError(
      Result result, int index, Safetensors fixture, String expected) {
    return Parity.relativeError(
        Tensors.floats((TFloat32) result.get(index)), fixture.get(expected).floats());
  }
}
