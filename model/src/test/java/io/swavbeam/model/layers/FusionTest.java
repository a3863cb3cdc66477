package io.swavbeam.model.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swavbeam.model.tensorflow.Processor;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * TensorFlow fuses the ops of the layers in a training step of a residual network. A single
 * additional reader prevents it.
 */
class FusionTest {
  private static final int CHANNELS = 16;

  @Test
  void inFloat32AConvolutionSubtractsAndADepthwiseOneAppliesTheRelu() {
    assumeTrue(usesOneDnn(), "oneDNN is not used");

    assertThat(ops(TFloat32.class))
        .containsEntry("_MklNativeFusedConv2D", 5)
        .containsEntry("_MklNativeFusedDepthwiseConv2dNative", 5)
        .containsEntry("Relu", 2) // after additions
        .doesNotContainKeys("_MklNativeConv2D", "_MklNativeDepthwiseConv2dNative", "BiasAdd");
  }

  @Test
  void inBfloat16BatchNormAppliesTheRelu() {
    assumeTrue(usesOneDnn(), "oneDNN is not used");
    assumeTrue(Processor.ofThisMachine().multipliesBfloat16(), "bfloat16 is not multiplied");

    assertThat(ops(TBfloat16.class))
        .containsEntry("_MklNativeFusedBatchNormEx", 3)
        .containsEntry("_MklNativeFusedBatchNormV3", 2)
        .containsEntry("Relu", 2);
  }

  private static boolean usesOneDnn() {
    return Processor.ofThisMachine().kernels().startsWith("oneDNN");
  }

  /** Counts the ops of two residual blocks after a convolution, with all gradients. */
  private static <T extends TFloating> Map<String, Integer> ops(Class<T> type) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 1);
      Layers<T> layers = new Layers<>(tf, List.of(tf), type, Mode.TRAINING, true, parameters);
      Operand<TFloat32> images =
          tf.fill(tf.constant(new int[] {2, 8, 8, CHANNELS}), tf.constant(1f));
      List<Operand<T>> x = convolution(layers, "0").applyWithRelu(List.of(layers.cast(tf, images)));
      for (int block = 1; block <= 2; block++) {
        List<Operand<T>> y = convolution(layers, block + ".1").applyWithRelu(x);
        x = layers.reluOfSum(convolution(layers, block + ".2").apply(y), x);
      }
      Operand<TFloat32> loss = tf.sum(layers.globalMean(x).get(0), tf.constant(new int[] {0, 1}));
      Map<String, Operand<TFloat32>> gradients = layers.gradients(graph, loss);
      try (Session session = Sessions.open(graph)) {
        parameters.initializers().forEach(session::run);
        Session.Runner runner =
            session
                .runner()
                .setOptions(RunOptions.newBuilder().setOutputPartitionGraphs(true).build());
        gradients.values().forEach(runner::addTarget);
        try (Result result = runner.runAndFetchMetadata()) {
          Map<String, Integer> ops = new TreeMap<>();
          for (GraphDef part : result.getMetadata().orElseThrow().getPartitionGraphsList()) {
            for (NodeDef node : part.getNodeList()) {
              ops.merge(node.getOp(), 1, Integer::sum);
            }
          }
          return ops;
        }
      }
    }
  }

  private static <T extends TFloating> Convolution<T> convolution(Layers<T> layers, String name) {
    return layers.convolution(name, name + ".norm", CHANNELS, CHANNELS, 3, 1);
  }
}
