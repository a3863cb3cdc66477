package io.swavbeam.model.weights;

import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A network in a weight file: its configuration, derived from names and shapes, and its weights.
 *
 * @param config the configuration; {@code projectionDim} is 0 without a projection head, and {@code
 *     prototypes} is 0 without prototypes
 * @param weights the tensors by the names of this software's variables, in their order; complete
 *     and of the right shapes
 * @param leftOut the names of tensors that do not belong to the network, without its prefix: those
 *     of a classifier for example, and of other networks
 * @param heads the number of sets of prototypes in the file
 * @param prefix the prefix of its names in the file, without a trailing dot
 * @param others the prefixes of the other networks in the file
 */
public record PretrainedNetwork(
    NetworkConfig config,
    Map<String, StoredTensor> weights,
    List<String> leftOut,
    int heads,
    String prefix,
    List<String> others) {
  private static final Pattern BLOCK = Pattern.compile("layer([1-9]\\d?)\\.(\\d{1,4})\\..*");
  private static final Pattern HEAD = Pattern.compile("prototypes\\.prototypes(\\d{1,4})\\.weight");
  private static final Pattern PART =
      Pattern.compile(
          "(conv1|bn1|layer\\d+)\\..*|projection_head\\.(\\d+\\.)?(weight|bias|running_\\w+)"
              + "|prototypes\\.(prototypes\\d+\\.)?weight");
  private static final Pattern PART_OF_HEAD = Pattern.compile("(projection_head|prototypes)\\..*");
  private static final int STAGES = 4;
  private static final String COUNTER = ".num_batches_tracked";
  private static final String PROTOTYPES = "prototypes.weight";
  private static final int SHOWN = 3;

  /**
   * Recognises the network in a file.
   *
   * @param file the file, open
   * @param head the index of the set of prototypes to use, from 0
   * @param mean the mean by which its images are normalised: red, green, blue
   * @param std the standard deviation, in the same units
   * @throws InvalidWeightsException in one line with the name of the tensor, if the network is
   *     unknown, or a tensor is missing or has another shape
   */
  public static PretrainedNetwork in(WeightFile file, int head, List<Float> mean, List<Float> std) {
    return in(file, null, head, mean, std);
  }

  /**
   * Recognises one of the networks in a file.
   *
   * @param wanted the prefix of its names; null for the only network, or for the one that the
   *     others are moving averages of
   * @throws SeveralNetworksException if there are several and the choice is not clear
   */
  public static PretrainedNetwork in(
      WeightFile file, @Nullable String wanted, int head, List<Float> mean, List<Float> std) {
    List<ResNetNames.Found> networks = ResNetNames.in(file.tensors());
    if (networks.isEmpty()) {
      throw new InvalidWeightsException(whatItIs(file.tensors()));
    }
    ResNetNames.Found found = ResNetNames.choose(networks, wanted);
    Map<String, StoredTensor> tensors = withHead(found, file.tensors());
    Recognised backbone = backbone(tensors);
    Head projection = projectionHead(tensors, backbone.features());
    Map<String, List<Long>> shapes = new LinkedHashMap<>(backbone.shapes());
    shapes.putAll(projection.shapes());
    TreeMap<Integer, String> heads = heads(tensors);
    String prototypes = heads.get(head);
    int clusters = 0;
    if (prototypes != null) {
      clusters = dim(tensors, prototypes, 0);
      long compared = projection.dim() > 0 ? projection.dim() : backbone.features();
      shapes.put(PROTOTYPES, List.of((long) clusters, compared));
    } else if (!heads.isEmpty() || head > 0) {
      throw new InvalidWeightsException(
          "it has no set %d of prototypes: %s"
              .formatted(
                  head,
                  heads.isEmpty() ? "it has none" : "take one of %s".formatted(heads.keySet())));
    }
    Map<String, StoredTensor> weights = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          String there = name.equals(PROTOTYPES) ? prototypes : name;
          weights.put(name, weight(tensors, there, shape, backbone.name()));
        });
    requireOwnNumbers(weights.values(), file.length());
    TreeSet<String> rest = new TreeSet<>(tensors.keySet());
    rest.removeAll(weights.keySet());
    rest.removeAll(heads.values());
    rest.removeIf(name -> name.endsWith(COUNTER));
    requireNoPart(rest, backbone.name());
    Set<String> taken = new HashSet<>();
    weights.values().forEach(tensor -> taken.add(tensor.name()));
    heads.values().forEach(name -> taken.add(tensors.get(name).name()));
    List<String> leftOut =
        file.tensors().keySet().stream()
            .filter(name -> !taken.contains(name) && !name.endsWith(COUNTER))
            .map(
                name ->
                    name.startsWith(found.prefix())
                        ? name.substring(found.prefix().length())
                        : name)
            .sorted()
            .toList();
    try {
      NetworkConfig config =
          new NetworkConfig(
              backbone.name(),
              backbone.width(),
              projection.hidden(),
              projection.dim(),
              clusters,
              mean,
              std);
      return new PretrainedNetwork(
          config,
          weights,
          leftOut,
          heads.size(),
          found.prefix().isEmpty() ? "" : found.shown(),
          networks.stream()
              .filter(other -> !other.prefix().equals(found.prefix()))
              .map(ResNetNames.Found::shown)
              .toList());
    } catch (InvalidConfigException e) {
      throw new InvalidWeightsException(e.getMessage(), e);
    }
  }

  /**
   * SwAV's projection head with two layers, one layer ({@code hidden} is 0) or none ({@code dim} is
   * 0).
   */
  private record Head(int hidden, int dim, Map<String, List<Long>> shapes) {}

  private static Head projectionHead(Map<String, StoredTensor> tensors, long features) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    if (tensors.containsKey("projection_head.0.weight")) {
      long hidden = dim(tensors, "projection_head.0.weight", 0);
      long dim = dim(tensors, "projection_head.3.weight", 0);
      shapes.put("projection_head.0.weight", List.of(hidden, features));
      shapes.put("projection_head.0.bias", List.of(hidden));
      for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
        shapes.put("projection_head.1." + part, List.of(hidden));
      }
      shapes.put("projection_head.3.weight", List.of(dim, hidden));
      shapes.put("projection_head.3.bias", List.of(dim));
      return new Head((int) hidden, (int) dim, shapes);
    }
    if (tensors.containsKey("projection_head.weight")) {
      long dim = dim(tensors, "projection_head.weight", 0);
      shapes.put("projection_head.weight", List.of(dim, features));
      shapes.put("projection_head.bias", List.of(dim));
      return new Head(0, (int) dim, shapes);
    }
    return new Head(0, 0, shapes);
  }

  /**
   * Returns the tensors of a network with SwAV's head and prototypes. These may have the prefix of
   * the backbone or one that encloses it: {@code module.backbone.conv1.weight}, {@code
   * module.prototypes.weight}.
   */
  private static Map<String, StoredTensor> withHead(
      ResNetNames.Found network, Map<String, StoredTensor> all) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>(network.tensors());
    String around = network.prefix();
    while (!around.isEmpty()) {
      around = around.substring(0, around.lastIndexOf('.', around.length() - 2) + 1);
      for (Map.Entry<String, StoredTensor> tensor : all.entrySet()) {
        if (tensor.getKey().startsWith(around)) {
          String name = tensor.getKey().substring(around.length());
          if (PART_OF_HEAD.matcher(name).matches()) {
            tensors.putIfAbsent(name, tensor.getValue());
          }
        }
      }
    }
    return tensors;
  }

  private record Recognised(
      String name, int width, long features, Map<String, List<Long>> shapes) {}

  private static Recognised backbone(Map<String, StoredTensor> tensors) {
    List<Long> stem = tensors.get("conv1.weight").shape();
    int width = dim(tensors, "conv1.weight", 0);
    boolean small = stem.size() == STAGES && stem.get(2) == 3;
    boolean bottleneck = tensors.containsKey("layer1.0.conv3.weight");
    List<Integer> depths =
        IntStream.rangeClosed(1, STAGES).mapToObj(stage -> blocks(tensors, stage)).toList();
    ResNetKind kind =
        ResNetKind.of(bottleneck, depths)
            .orElseThrow(
                () ->
                    new InvalidWeightsException(
                        "its stages have %s blocks%s: only resnet18, resnet34, resnet50 and resnet101 are supported"
                            .formatted(depths, bottleneck ? " with bottlenecks" : "")));
    Map<String, List<Long>> shapes = kind.shapes(width, small);
    return new Recognised(kind.backbone(small), width, kind.featureDim(width), shapes);
  }

  private static int blocks(Map<String, StoredTensor> tensors, int stage) {
    int blocks = 0;
    for (String name : tensors.keySet()) {
      Matcher block = BLOCK.matcher(name);
      if (block.matches() && Integer.parseInt(block.group(1)) == stage) {
        blocks = Math.max(blocks, Integer.parseInt(block.group(2)) + 1);
      }
    }
    return blocks;
  }

  private static String whatItIs(Map<String, StoredTensor> tensors) {
    for (String name : tensors.keySet()) {
      if (name.endsWith("conv1.0.weight")) {
        return "it has %s, a stem of several convolutions as in resnet50d: only resnet18, resnet34, resnet50 and resnet101 with a single convolution are supported"
            .formatted(name);
      }
      if (name.contains("patch_embed.") || name.endsWith("cls_token")) {
        return "it has %s, so it is a vision transformer: only residual networks are supported"
            .formatted(name);
      }
    }
    boolean hasStem =
        tensors.keySet().stream().anyMatch(name -> name.matches("(.*\\.)?conv1\\.weight"));
    return "it is not a residual network: %s is missing; it has %s"
        .formatted(
            hasStem ? "layer1.0.conv1.weight" : "conv1.weight",
            String.join(", ", Folded.names(tensors.keySet(), SHOWN)));
  }

  private static TreeMap<Integer, String> heads(Map<String, StoredTensor> tensors) {
    TreeMap<Integer, String> heads = new TreeMap<>();
    if (tensors.containsKey(PROTOTYPES)) {
      heads.put(0, PROTOTYPES);
      return heads;
    }
    for (String name : tensors.keySet()) {
      Matcher matcher = HEAD.matcher(name);
      if (matcher.matches()) {
        heads.put(Integer.parseInt(matcher.group(1)), name);
      }
    }
    return heads;
  }

  private static int dim(Map<String, StoredTensor> tensors, String name, int axis) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InvalidWeightsException("%s is missing".formatted(name));
    }
    List<Long> shape = tensor.shape();
    if (shape.size() <= axis || shape.get(axis) < 1 || shape.get(axis) > Integer.MAX_VALUE) {
      throw new InvalidWeightsException(
          "%s has the invalid shape %s".formatted(tensor.name(), shape));
    }
    return shape.get(axis).intValue();
  }

  private static StoredTensor weight(
      Map<String, StoredTensor> tensors, String name, List<Long> shape, String backbone) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InvalidWeightsException("%s is missing, which a %s has".formatted(name, backbone));
    }
    if (!tensor.shape().equals(shape)) {
      throw new InvalidWeightsException(
          "%s has the shape %s, but a %s needs %s"
              .formatted(tensor.name(), tensor.shape(), backbone, shape));
    }
    if (!tensor.type().isFloat()) {
      throw new InvalidWeightsException(
          "%s holds numbers of type %s, which are not weights"
              .formatted(tensor.name(), tensor.type().safetensors()));
    }
    return tensor;
  }

  /**
   * Rejects tensors that share their numbers, because a small file could hold a large network then.
   */
  private static void requireOwnNumbers(Collection<StoredTensor> weights, long fileLength) {
    long bytes = 0;
    for (StoredTensor tensor : weights) {
      // Vectors are not counted. They are short, and all numbers of a vector may share one number
      // of the file.
      bytes += tensor.shape().size() < 2 ? 0 : tensor.bytes();
      if (bytes > fileLength) {
        throw new InvalidWeightsException(
            "%s and others share numbers: the network is larger than the file"
                .formatted(tensor.name()));
      }
    }
  }

  /**
   * Rejects an unknown tensor of a backbone or of SwAV's head, because ignoring it would give other
   * features. Heads of other kinds are left out and reported.
   */
  private static void requireNoPart(TreeSet<String> rest, String backbone) {
    for (String name : rest) {
      if (PART.matcher(name).matches()) {
        throw new InvalidWeightsException(
            "it has %s, which is not a part of a %s with SwAV's head and prototypes"
                .formatted(name, backbone));
      }
    }
  }
}
