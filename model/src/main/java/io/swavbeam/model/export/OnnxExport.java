package io.swavbeam.model.export;

import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.backbone.ResNetKind.Block;
import io.swavbeam.model.backbone.ResNetKind.Layer;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.layers.TorchLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

/**
 * The export of a model for embedding as an ONNX file, from {@code images}, {@code [batch, height,
 * width, 3] uint8} with a free batch size, to {@code features}, {@code projection} and {@code
 * scores}, as far as its SavedModel has them. Batch norms are part of kernels and biases.
 */
public final class OnnxExport {
  private static final double EPSILON = 1e-5;
  private static final String IMAGES = "images";
  private static final String FEATURES = "features";
  private static final String PROJECTION = "projection";
  private static final String SCORES = "scores";
  private static final int CHANNELS = 3;
  // Of four-conv, whose blocks are a convolution, a norm and a ReLU.
  private static final int LAYERS_A_BLOCK = 3;
  private static final int LAST_LAYER = 9;

  /** A weight of the file, and the variables that it is computed from. */
  private record Folded(String weight, String norm, boolean bias, String ownBias) {}

  private final NetworkConfig network;
  private final Map<String, Shape> shapes;
  private final OnnxGraph graph = new OnnxGraph();
  // How each weight is computed, in the order in which the weights were announced.
  private final List<Folded> made = new ArrayList<>();

  private OnnxExport(NetworkConfig network) {
    this.network = network;
    shapes = SavedNetwork.shapes(network);
  }

  /**
   * Writes the file.
   *
   * @param model a run directory or the folder of a model
   * @param out the file; not closed
   * @throws InvalidConfigException in one line, if there is no model, its description does not have
   *     its network, or its backbone is not one of this software
   */
  public static void write(Path model, OutputStream out) throws IOException {
    ModelDescription description = Embedder.describe(model);
    OnnxExport export = new OnnxExport(description.requireNetwork(model.toString()));
    export.build();
    export.graph.write(out, description.id(), reader -> export.fold(Embedder.find(model), reader));
  }

  private void build() {
    graph.images(IMAGES);
    String x = graph.node("Cast", List.of(IMAGES), Map.of("to", 1L));
    x = graph.node("Div", List.of(x, graph.constant("byte", List.of(), 255f)), Map.of());
    x = graph.node("Sub", List.of(x, rgb("mean", network.mean())), Map.of());
    x = graph.node("Div", List.of(x, rgb("std", network.std())), Map.of());
    x = graph.node("Transpose", List.of(x), Map.of("perm", List.of(0L, 3L, 1L, 2L)));
    x = backbone(x);
    x = graph.node("GlobalAveragePool", List.of(x), Map.of());
    graph.node("Flatten", List.of(x), FEATURES, Map.of("axis", 1L));
    graph.output(FEATURES, featureDim());
    String compared = FEATURES;
    if (network.projectionDim() > 0) {
      String y = head();
      unit(y, PROJECTION);
      graph.output(PROJECTION, network.projectionDim());
      compared = PROJECTION;
    } else if (network.prototypes() > 0) {
      compared = "features_unit";
      unit(FEATURES, compared);
    }
    if (network.prototypes() > 0) {
      String weight = announce(new Folded("prototypes.weight", "", false, ""));
      graph.node("Gemm", List.of(compared, weight), SCORES, Map.of("transB", 1L));
      graph.output(SCORES, network.prototypes());
    }
  }

  private String rgb(String name, List<Float> values) {
    return graph.constant(
        name, List.of((long) CHANNELS), values.get(0), values.get(1), values.get(2));
  }

  private long featureDim() {
    for (ResNetKind kind : ResNetKind.values()) {
      if (network.backbone().startsWith(kind.backbone(false))) {
        return kind.featureDim(network.width());
      }
    }
    // The width of the last of four convolutions.
    return shapes.get("backbone.%d.weight".formatted(LAST_LAYER)).get(3);
  }

  private String backbone(String x) {
    for (ResNetKind kind : ResNetKind.values()) {
      for (boolean small : new boolean[] {false, true}) {
        if (network.backbone().equals(kind.backbone(small))) {
          return residual(x, kind, small);
        }
      }
    }
    if (network.backbone().equals("four-conv")) {
      String y = x;
      for (int layer = 0; layer <= LAST_LAYER; layer += LAYERS_A_BLOCK) {
        y =
            relu(
                convolution(
                    y, "backbone." + layer, "backbone." + (layer + 1), 3, layer == 0 ? 1 : 2));
      }
      return y;
    }
    throw new InvalidConfigException(
        "the backbone %s cannot be written as ONNX: it is not one of this software"
            .formatted(network.backbone()));
  }

  private String residual(String images, ResNetKind kind, boolean small) {
    String x = relu(convolution(images, kind.stem(network.width(), small)));
    if (!small) {
      x =
          graph.node(
              "MaxPool",
              List.of(x),
              Map.of(
                  "kernel_shape",
                  List.of(3L, 3L),
                  "strides",
                  List.of(2L, 2L),
                  "pads",
                  List.of(1L, 1L, 1L, 1L)));
    }
    for (Block block : kind.blocks(network.width())) {
      String y = x;
      for (int i = 0; i < block.layers().size(); i++) {
        y = convolution(y, block.layers().get(i));
        if (i + 1 < block.layers().size()) {
          y = relu(y);
        }
      }
      String shortcut =
          block.downsample().isPresent() ? convolution(x, block.downsample().get()) : x;
      x = relu(graph.node("Add", List.of(y, shortcut), Map.of()));
    }
    return x;
  }

  private String relu(String x) {
    return graph.node("Relu", List.of(x), Map.of());
  }

  private String convolution(String x, Layer layer) {
    return convolution(x, layer.name(), layer.norm(), layer.kernel(), layer.stride());
  }

  private String convolution(String x, String name, String norm, int kernel, int stride) {
    String bias = shapes.containsKey(name + ".bias") ? name + ".bias" : "";
    String weight = announce(new Folded(name + ".weight", norm, false, bias));
    String shift = announce(new Folded(name + ".weight", norm, true, bias));
    long pad = kernel / 2;
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", List.of((long) kernel, (long) kernel));
    attributes.put("strides", List.of((long) stride, (long) stride));
    attributes.put("pads", List.of(pad, pad, pad, pad));
    return graph.node("Conv", List.of(x, weight, shift), attributes);
  }

  private String head() {
    if (network.hiddenDim() == 0) {
      return linear(FEATURES, "projection_head", "");
    }
    String x = relu(linear(FEATURES, "projection_head.0", "projection_head.1"));
    return linear(x, "projection_head.3", "");
  }

  private String linear(String x, String name, String norm) {
    String weight = announce(new Folded(name + ".weight", norm, false, name + ".bias"));
    String bias = announce(new Folded(name + ".weight", norm, true, name + ".bias"));
    return graph.node("Gemm", List.of(x, weight, bias), Map.of("transB", 1L));
  }

  private void unit(String x, String output) {
    graph.node("LpNormalization", List.of(x), output, Map.of("axis", 1L, "p", 2L));
  }

  private String announce(Folded folded) {
    List<Long> shape = TorchLayout.there(folded.weight(), shapes.get(folded.weight()));
    made.add(folded);
    return graph.weight(
        folded.bias() ? folded.weight().replace(".weight", ".shift") : folded.weight(),
        folded.bias() ? shape.subList(0, 1) : shape);
  }

  /** Reads the variables, and passes on each weight as soon as it can be computed. */
  private void fold(Path folder, OnnxGraph.Reader reader) throws IOException {
    Map<String, float[]> pending = new HashMap<>();
    int[] next = new int[1];
    try {
      SavedNetwork.read(
          folder,
          shapes,
          values ->
              values.forEach(
                  (name, value) -> {
                    List<Long> shape = TorchLayout.there(name, shapes.get(name));
                    pending.put(name, TorchLayout.numbers(name, shape, value));
                    try {
                      while (next[0] < made.size() && isReady(made.get(next[0]), pending)) {
                        Folded folded = made.get(next[0]++);
                        reader.accept(
                            folded.bias() ? shift(folded, pending) : weight(folded, pending));
                        if (folded.bias()) {
                          pending.clear();
                        }
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isReady(Folded folded, Map<String, float[]> pending) {
    return pending.containsKey(folded.weight())
        && (folded.ownBias().isEmpty() || pending.containsKey(folded.ownBias()))
        && (folded.norm().isEmpty() || pending.containsKey(folded.norm() + ".running_var"));
  }

  /** Returns {@code weight / sqrt(variance + epsilon)} of a channel's norm, or 1. */
  private static double scale(Folded folded, Map<String, float[]> values, int channel) {
    if (folded.norm().isEmpty()) {
      return 1;
    }
    return values.get(folded.norm() + ".weight")[channel]
        / Math.sqrt(values.get(folded.norm() + ".running_var")[channel] + EPSILON);
  }

  private float[] weight(Folded folded, Map<String, float[]> values) {
    float[] weight = values.get(folded.weight()).clone();
    if (folded.norm().isEmpty()) {
      return weight;
    }
    int channels =
        Math.toIntExact(TorchLayout.there(folded.weight(), shapes.get(folded.weight())).get(0));
    int each = weight.length / channels;
    for (int channel = 0; channel < channels; channel++) {
      double scale = scale(folded, values, channel);
      for (int i = channel * each; i < (channel + 1) * each; i++) {
        weight[i] = (float) (weight[i] * scale);
      }
    }
    return weight;
  }

  private float[] shift(Folded folded, Map<String, float[]> values) {
    int channels =
        Math.toIntExact(TorchLayout.there(folded.weight(), shapes.get(folded.weight())).get(0));
    float[] shift = new float[channels];
    for (int channel = 0; channel < channels; channel++) {
      double own = folded.ownBias().isEmpty() ? 0 : values.get(folded.ownBias())[channel];
      if (folded.norm().isEmpty()) {
        shift[channel] = (float) own;
      } else {
        double mean = values.get(folded.norm() + ".running_mean")[channel];
        shift[channel] =
            (float)
                (values.get(folded.norm() + ".bias")[channel]
                    + (own - mean) * scale(folded, values, channel));
      }
    }
    return shift;
  }
}
