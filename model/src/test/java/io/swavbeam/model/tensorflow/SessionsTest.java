package io.swavbeam.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;

class SessionsTest {
  private static final int MEGABYTES = 1 << 20;

  /** TensorFlow assumes that a CPU has 256 MB, and tries to save memory above 80 % of it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void sumsAreAddedInTheOrderOfTheGraphHoweverLargeItIs(int megabytes) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Operand<TFloat32>> summands = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        summands.add(
            tf.random.randomUniform(
                tf.constant(new int[] {megabytes, MEGABYTES / Float.BYTES}), TFloat32.class));
      }
      Operand<TFloat32> sum = tf.reduceMax(tf.math.addN(summands), tf.constant(new int[] {0, 1}));
      try (Session session = Sessions.open(graph);
          Result result =
              session
                  .runner()
                  .fetch(sum)
                  .setOptions(RunOptions.newBuilder().setOutputPartitionGraphs(true).build())
                  .runAndFetchMetadata()) {
        List<NodeDef> ran =
            result.getMetadata().orElseThrow().getPartitionGraphsList().stream()
                .map(GraphDef::getNodeList)
                .flatMap(List::stream)
                .toList();
        assertThat(ran).extracting(NodeDef::getOp).contains("AddN").doesNotContain("AssignAdd");
      }
    }
  }
}
