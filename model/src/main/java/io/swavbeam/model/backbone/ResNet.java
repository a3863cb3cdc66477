package io.swavbeam.model.backbone;

import com.google.auto.service.AutoService;
import io.swavbeam.model.layers.Convolution;
import io.swavbeam.model.layers.Layers;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Residual networks (He et al. 2015, arXiv:1512.03385) as SwAV's reference implementation defines
 * them, with its names for the variables: stride in the 3x3 convolution of a bottleneck, no bias in
 * front of a batch norm.
 *
 * <p>The stem is a 7x7 convolution at stride 2 and a pooling at stride 2; the small stem, for
 * images of some 32 pixels, is a 3x3 convolution at stride 1 without pooling.
 */
final class ResNet<T extends TFloating> implements Backbone<T> {
  private static final int BOTTLENECK_EXPANSION = 4;

  private final Layers<T> layers;
  private final boolean smallStem;
  private final Convolution<T> stem;
  private final List<Block<T>> blocks = new ArrayList<>();
  private final long featureDim;

  private ResNet(
      Layers<T> layers, long width, boolean smallStem, boolean bottleneck, int... depths) {
    this.layers = layers;
    this.smallStem = smallStem;
    stem = layers.convolution("conv1", "bn1", 3, width, smallStem ? 3 : 7, smallStem ? 1 : 2);
    int expansion = bottleneck ? BOTTLENECK_EXPANSION : 1;
    long in = width;
    long planes = width;
    for (int stage = 0; stage < depths.length; stage++) {
      for (int i = 0; i < depths[stage]; i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        String name = "layer%d.%d".formatted(stage + 1, i);
        blocks.add(new Block<>(layers, name, in, planes, expansion, stride));
        in = planes * expansion;
      }
      planes *= 2;
    }
    featureDim = in;
  }

  @Override
  public long featureDim() {
    return featureDim;
  }

  @Override
  public List<Operand<TFloat32>> features(List<Operand<T>> images) {
    List<Operand<T>> x = layers.relu(stem.apply(images));
    if (!smallStem) {
      x = layers.maxPool(x);
    }
    for (Block<T> block : blocks) {
      x = block.apply(x);
    }
    return layers.globalMean(x);
  }

  /** Convolutions around which the input is led and added again. */
  private static final class Block<T extends TFloating> {
    private final Layers<T> layers;
    private final List<Convolution<T>> convolutions = new ArrayList<>();
    private final @Nullable Convolution<T> downsample;

    Block(Layers<T> layers, String name, long in, long planes, int expansion, int stride) {
      this.layers = layers;
      long out = planes * expansion;
      if (expansion == 1) {
        add(name, in, planes, 3, stride);
        add(name, planes, out, 3, 1);
      } else {
        add(name, in, planes, 1, 1);
        add(name, planes, planes, 3, stride);
        add(name, planes, out, 1, 1);
      }
      downsample =
          stride == 1 && in == out
              ? null
              : layers.convolution(
                  name + ".downsample.0", name + ".downsample.1", in, out, 1, stride);
    }

    private void add(String name, long in, long out, int kernel, int stride) {
      int number = convolutions.size() + 1;
      convolutions.add(
          layers.convolution(
              name + ".conv" + number, name + ".bn" + number, in, out, kernel, stride));
    }

    List<Operand<T>> apply(List<Operand<T>> input) {
      List<Operand<T>> x = input;
      for (int i = 0; i < convolutions.size(); i++) {
        x = convolutions.get(i).apply(x);
        if (i + 1 < convolutions.size()) {
          x = layers.relu(x);
        }
      }
      return layers.relu(layers.add(x, downsample == null ? input : downsample.apply(input)));
    }
  }

  /** Makes one of them. */
  private abstract static class Provider implements BackboneProvider {
    private final String name;
    private final boolean smallStem;
    private final boolean bottleneck;
    private final int[] depths;

    Provider(String name, boolean smallStem, boolean bottleneck, int... depths) {
      this.name = name;
      this.smallStem = smallStem;
      this.bottleneck = bottleneck;
      this.depths = depths;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public <T extends TFloating> Backbone<T> create(Layers<T> layers, long width) {
      return new ResNet<>(layers, width, smallStem, bottleneck, depths);
    }
  }

  /** ResNet-18. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet18 extends Provider {
    public ResNet18() {
      super("resnet18", false, false, 2, 2, 2, 2);
    }
  }

  /** ResNet-18 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet18SmallStem extends Provider {
    public ResNet18SmallStem() {
      super("resnet18-small-stem", true, false, 2, 2, 2, 2);
    }
  }

  /** ResNet-50. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet50 extends Provider {
    public ResNet50() {
      super("resnet50", false, true, 3, 4, 6, 3);
    }
  }

  /** ResNet-50 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet50SmallStem extends Provider {
    public ResNet50SmallStem() {
      super("resnet50-small-stem", true, true, 3, 4, 6, 3);
    }
  }
}
