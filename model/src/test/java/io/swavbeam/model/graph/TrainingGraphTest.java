package io.swavbeam.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.testing.TinyRecipe;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.KernelDef;
import org.tensorflow.proto.KernelList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.types.TUint8;

class TrainingGraphTest {
  /** TensorFlow rejects names of ops with other digits. Closing a graph waits for its session. */
  @Test
  @Timeout(60)
  void aGraphThatCannotBeBuiltIsFreed() {
    Locale before = Locale.getDefault(Locale.Category.FORMAT);
    Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThatThrownBy(
              () ->
                  new TrainingGraph(TinyRecipe.RECIPE, Precision.FLOAT32, 1, Devices.cpu()).close())
          .hasMessageContaining("invalid characters");
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, before);
    }
  }

  private static final SwavConfig RECIPE = TinyRecipe.RECIPE;

  @Test
  void eachDeviceHasItsShareForwardAndBack() {
    try (TrainingGraph graph = new TrainingGraph(RECIPE, Precision.FLOAT32, 1, Devices.cpus(2))) {
      assertThat(nodes(graph, "Conv2D")).as("4 convolutions of 2 crop sizes").hasSize(16);
      for (String type : List.of("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")) {
        assertThat(nodes(graph, type))
            .as(type)
            .extracting(NodeDef::getDevice)
            .containsOnly("/device:CPU:0", "/device:CPU:1")
            .filteredOn("/device:CPU:1"::equals)
            .hasSize(nodes(graph, type).size() / 2);
      }
      assertThat(patches(graph))
          .as("of the 3 convolutions at stride 2 for each crop size, on each device")
          .hasSize(12)
          .extracting(NodeDef::getDevice)
          .filteredOn("/device:CPU:1"::equals)
          .hasSize(6);
      assertThat(nodes(graph, "VariableV2"))
          .extracting(NodeDef::getDevice)
          .containsOnly("/device:CPU:0");
    }
  }

  /** If there is no GPU, TensorFlow uses the CPU, but the graph is the same. */
  @Test
  void everyOpIsOnTheGpuThatIsDeclared() {
    try (TrainingGraph graph =
        new TrainingGraph(RECIPE, Precision.BFLOAT16, 1, Devices.gpus(List.of(0)))) {
      assertThat(graph.graph().toGraphDef().getNodeList())
          .extracting(NodeDef::getDevice)
          .containsOnly("/device:GPU:0");
      // Patches are used on CPUs only.
      assertThat(patches(graph)).isEmpty();
    }
  }

  /**
   * Runs in the build for GPUs ({@code mvn verify -Pgpu}), also without a GPU. An op without a
   * kernel for GPUs would be computed slowly on the CPU.
   */
  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "cifar10-resnet18", "imagenet", "imagenet-large-batch"})
  void everyOpHasAKernelForGpus(String preset) throws Exception {
    List<KernelDef> kernels =
        kernels().stream()
            .filter(kernel -> List.of("GPU", "DEFAULT").contains(kernel.getDeviceType()))
            .toList();
    assumeThat(kernels)
        .as("the build for CPUs has no such kernels")
        .anyMatch(kernel -> kernel.getOp().equals("Conv2D"));
    Map<String, List<KernelDef>> byOp =
        kernels.stream().collect(Collectors.groupingBy(KernelDef::getOp));
    for (Precision precision : Precision.values()) {
      try (TrainingGraph graph =
          new TrainingGraph(Presets.load(preset), precision, 1, Devices.gpus(List.of(0)))) {
        assertThat(graph.graph().toGraphDef().getNodeList())
            .as(precision.toString())
            .allMatch(
                node ->
                    byOp.getOrDefault(node.getOp(), List.of()).stream()
                        .anyMatch(kernel -> takes(kernel, node)));
      }
    }
  }

  /** Returns whether a kernel supports the types of a node. */
  private static boolean takes(KernelDef kernel, NodeDef node) {
    return kernel.getConstraintList().stream()
        .allMatch(
            constraint -> {
              AttrValue value = node.getAttrMap().get(constraint.getName());
              List<DataType> types =
                  value.hasList() ? value.getList().getTypeList() : List.of(value.getType());
              return constraint.getAllowedValues().getList().getTypeList().containsAll(types);
            });
  }

  /** Returns all kernels of the TensorFlow library. */
  private static List<KernelDef> kernels() throws InvalidProtocolBufferException {
    try (TF_Status status = TF_Status.newStatus();
        TF_Buffer kernels = tensorflow.TF_GetAllRegisteredKernels(status)) {
      status.throwExceptionIfNotOK();
      return KernelList.parseFrom(kernels.copyData()).getKernelList();
    }
  }

  @Test
  void aBatchHasToBeDivisible() {
    assertThatThrownBy(() -> new TrainingGraph(RECIPE, Precision.FLOAT32, 1, Devices.cpus(3)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("a batch of 4 cannot be split evenly over 3 devices");
  }

  /** Slow on a CPU, which has no such arithmetic, but with the same result. */
  @Test
  void float16ScalesTheLossAndLeavesOutWhatOverflows() {
    List<List<TUint8>> crops = Reference.noise(RECIPE);
    try (TrainingGraph exact = new TrainingGraph(RECIPE, Precision.FLOAT32, 1, Devices.cpu());
        TrainingGraph graph = new TrainingGraph(RECIPE, Precision.FLOAT16, 1, Devices.cpu())) {
      StepResult expected = exact.step(crops, Reference.step(0, 1e-3));
      StepResult first = graph.step(crops, Reference.step(0, 1e-3));
      assertThat(first.loss() / expected.loss()).isBetween(0.99f, 1.01f);
      assertThat(first.gradientNorm() / expected.gradientNorm()).isBetween(0.9f, 1.1f);
      assertThat(Reference.value(graph, "loss_scale.scale")).containsExactly(32768);
      assertThat(Reference.value(graph, "loss_scale.good_steps")).containsExactly(1);

      float[] weights = Reference.value(graph, "backbone.3.weight");
      float[] mean = Reference.value(graph, "backbone.1.running_mean");
      Reference.set(graph, "loss_scale.scale", new float[] {1e30f});
      StepResult overflown = graph.step(crops, Reference.step(1, 1e-3));
      assertThat(overflown.gradientNorm()).isNotFinite();
      assertThat(overflown.loss()).isFinite();
      assertThat(Reference.value(graph, "backbone.3.weight")).containsExactly(weights);
      assertThat(Reference.value(graph, "backbone.1.running_mean")).containsExactly(mean);
      assertThat(Reference.value(graph, "loss_scale.scale")).containsExactly(5e29f);
      assertThat(Reference.value(graph, "loss_scale.good_steps")).containsExactly(0);
    }
    crops.get(0).forEach(TUint8::close);
  }

  private static List<NodeDef> patches(TrainingGraph graph) {
    return nodes(graph, "GatherV2").stream()
        .filter(node -> node.getName().startsWith("Patches"))
        .toList();
  }

  private static List<NodeDef> nodes(TrainingGraph graph, String type) {
    return graph.graph().toGraphDef().getNodeList().stream()
        .filter(node -> node.getOp().equals(type))
        .toList();
  }
}
