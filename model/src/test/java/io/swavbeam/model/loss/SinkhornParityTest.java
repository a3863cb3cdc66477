package io.swavbeam.model.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.tensorflow.Sessions;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Identity;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

class SinkhornParityTest {
  @Test
  void codesAgreeWithTheReference() throws Exception {
    Parity parity = Parity.open();
    Safetensors fixture = parity.tensors("sinkhorn");
    for (JsonNode c : parity.description("sinkhorn")) {
      String name = c.get("name").asText();
      float[] expected = fixture.get(name + ".codes").floats();
      float[] actual =
          codes(
              fixture.get(name + ".scores"),
              c.get("epsilon").asDouble(),
              c.get("iterations").asInt());
      assertThat(Parity.relativeError(actual, expected)).as(name).isLessThan(1e-5);
      int prototypes = (int) fixture.get(name + ".codes").shape()[1];
      for (int row = 0; row < actual.length / prototypes; row++) {
        double sum = 0;
        for (int k = 0; k < prototypes; k++) {
          sum += actual[row * prototypes + k];
        }
        assertThat(sum).as("%s: sum of code %d", name, row).isBetween(1 - 1e-5, 1 + 1e-5);
      }
    }
  }

  private static float[] codes(Safetensors.Array scores, double epsilon, int iterations) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input = tf.placeholder(TFloat32.class);
      Identity<TFloat32> output = tf.identity(Sinkhorn.codes(tf, input, epsilon, iterations));
      try (Session session = Sessions.open(graph);
          TFloat32 fed = Tensors.of(scores);
          Result result = session.runner().feed(input, fed).fetch(output).run()) {
        return Tensors.floats((TFloat32) result.get(0));
      }
    }
  }
}
