package io.swavbeam.model.backbone;

import com.google.errorprone.annotations.Immutable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The residual networks (He et al. 2015, arXiv:1512.03385, table 1): blocks in each of the four
 * stages, and whether these are bottlenecks.
 */
public enum ResNetKind {
  RESNET18(false, 2, 2, 2, 2),
  RESNET34(false, 3, 4, 6, 3),
  RESNET50(true, 3, 4, 6, 3),
  RESNET101(true, 3, 4, 23, 3);

  /** The end of the name of a network with the small stem. */
  public static final String SMALL_STEM = "-small-stem";

  private static final int STAGES = 4;
  private static final int BOTTLENECK_EXPANSION = 4;

  private final boolean bottleneck;
  private final Depths depths;

  ResNetKind(boolean bottleneck, int first, int second, int third, int fourth) {
    this.bottleneck = bottleneck;
    depths = new Depths(first, second, third, fourth);
  }

  /** Returns the number of blocks in each stage. */
  @Immutable
  private record Depths(int first, int second, int third, int fourth) {
    List<Integer> list() {
      return List.of(first, second, third, fourth);
    }
  }

  /** Returns the kind with some numbers of blocks, if there is one. */
  public static Optional<ResNetKind> of(boolean bottleneck, List<Integer> depths) {
    return Arrays.stream(values())
        .filter(kind -> kind.bottleneck == bottleneck && kind.depths.list().equals(depths))
        .findFirst();
  }

  /** Returns the {@code network.backbone} of a configuration. */
  public String backbone(boolean smallStem) {
    return name().toLowerCase(Locale.ROOT) + (smallStem ? SMALL_STEM : "");
  }

  /** A convolution and the batch norm after it, by their names. */
  public record Layer(String name, String norm, long in, long out, int kernel, int stride) {}

  /**
   * A block: convolutions, and a shortcut around them, which has a convolution if the shapes
   * differ.
   */
  public record Block(List<Layer> layers, Optional<Layer> downsample) {}

  /** Returns the first convolution: 7x7 at stride 2, or 3x3 at stride 1 for small images. */
  public Layer stem(long width, boolean smallStem) {
    return new Layer("conv1", "bn1", 3, width, smallStem ? 3 : 7, smallStem ? 1 : 2);
  }

  /** Returns the width of the features, by the channels of the first stage. */
  public long featureDim(long width) {
    return (width << (STAGES - 1)) * expansion();
  }

  private int expansion() {
    return bottleneck ? BOTTLENECK_EXPANSION : 1;
  }

  /** Returns the blocks after the stem, in order. */
  public List<Block> blocks(long width) {
    List<Block> blocks = new ArrayList<>();
    long in = width;
    for (int stage = 0; stage < STAGES; stage++) {
      long planes = width << stage;
      for (int i = 0; i < depths.list().get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        blocks.add(block("layer%d.%d".formatted(stage + 1, i), in, planes, stride));
        in = planes * expansion();
      }
    }
    return blocks;
  }

  private Block block(String name, long in, long planes, int stride) {
    long out = planes * expansion();
    List<Layer> layers =
        bottleneck
            ? List.of(
                layer(name, 1, in, planes, 1, 1),
                layer(name, 2, planes, planes, 3, stride),
                layer(name, 3, planes, out, 1, 1))
            : List.of(layer(name, 1, in, planes, 3, stride), layer(name, 2, planes, out, 3, 1));
    boolean same = stride == 1 && in == out;
    return new Block(
        layers,
        same
            ? Optional.empty()
            : Optional.of(
                new Layer(name + ".downsample.0", name + ".downsample.1", in, out, 1, stride)));
  }

  private static Layer layer(String block, int number, long in, long out, int kernel, int stride) {
    return new Layer(block + ".conv" + number, block + ".bn" + number, in, out, kernel, stride);
  }

  /**
   * Returns the shapes of all weights and statistics, by the names of the reference implementation.
   *
   * @param width channels of the first stage
   * @return {@code [out, in, kernel, kernel]} for a convolution, {@code [channels]} for others
   */
  public Map<String, List<Long>> shapes(long width, boolean smallStem) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    add(shapes, stem(width, smallStem));
    for (Block block : blocks(width)) {
      block.layers().forEach(layer -> add(shapes, layer));
      block.downsample().ifPresent(layer -> add(shapes, layer));
    }
    return shapes;
  }

  private static void add(Map<String, List<Long>> shapes, Layer layer) {
    long kernel = layer.kernel();
    shapes.put(layer.name() + ".weight", List.of(layer.out(), layer.in(), kernel, kernel));
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      shapes.put(layer.norm() + "." + part, List.of(layer.out()));
    }
  }
}
