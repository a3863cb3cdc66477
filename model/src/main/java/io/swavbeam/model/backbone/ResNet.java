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
 * Residual networks ({@link ResNetKind}) as SwAV's reference implementation defines them, with its
 * names for the variables: stride in the 3x3 convolution of a bottleneck, no bias in front of a
 * batch norm.
 *
 * <p>The stem is a 7x7 convolution at stride 2 and a pooling at stride 2; the small stem, for
 * images of some 32 pixels, is a 3x3 convolution at stride 1 without pooling.
 */
final class ResNet<T extends TFloating> implements Backbone<T> {
  private final Layers<T> layers;
  private final boolean smallStem;
  private final Convolution<T> stem;
  private final List<Block<T>> blocks = new ArrayList<>();
  private final long featureDim;

  private ResNet(Layers<T> layers, ResNetKind kind, long width, boolean smallStem) {
    this.layers = layers;
    this.smallStem = smallStem;
    stem = convolution(layers, kind.stem(width, smallStem));
    for (ResNetKind.Block block : kind.blocks(width)) {
      blocks.add(new Block<>(layers, block));
    }
    featureDim = kind.featureDim(width);
  }

  private static <T extends TFloating> Convolution<T> convolution(
      Layers<T> layers, ResNetKind.Layer layer) {
    return layers.convolution(
        layer.name(), layer.norm(), layer.in(), layer.out(), layer.kernel(), layer.stride());
  }

  @Override
  public long featureDim() {
    return featureDim;
  }

  @Override
  public List<Operand<TFloat32>> features(List<Operand<T>> images) {
    List<Operand<T>> x = stem.applyWithRelu(images);
    if (!smallStem) {
      x = layers.maxPool(x);
    }
    for (Block<T> block : blocks) {
      x = block.apply(x);
    }
    return layers.globalMean(x);
  }

  /** Convolutions with a shortcut around them. */
  private static final class Block<T extends TFloating> {
    private final Layers<T> layers;
    private final List<Convolution<T>> convolutions = new ArrayList<>();
    private final @Nullable Convolution<T> downsample;

    Block(Layers<T> layers, ResNetKind.Block block) {
      this.layers = layers;
      block.layers().forEach(layer -> convolutions.add(convolution(layers, layer)));
      downsample = block.downsample().map(layer -> convolution(layers, layer)).orElse(null);
    }

    List<Operand<T>> apply(List<Operand<T>> input) {
      List<Operand<T>> x = input;
      int last = convolutions.size() - 1;
      for (Convolution<T> convolution : convolutions.subList(0, last)) {
        x = convolution.applyWithRelu(x);
      }
      x = convolutions.get(last).apply(x);
      return layers.reluOfSum(x, downsample == null ? input : downsample.apply(input));
    }
  }

  /** Creates one of the residual networks. */
  private abstract static class Provider implements BackboneProvider {
    private final ResNetKind kind;
    private final boolean smallStem;

    Provider(ResNetKind kind, boolean smallStem) {
      this.kind = kind;
      this.smallStem = smallStem;
    }

    @Override
    public String name() {
      return kind.backbone(smallStem);
    }

    @Override
    public <T extends TFloating> Backbone<T> create(Layers<T> layers, long width) {
      return new ResNet<>(layers, kind, width, smallStem);
    }
  }

  /** ResNet-18. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet18 extends Provider {
    public ResNet18() {
      super(ResNetKind.RESNET18, false);
    }
  }

  /** ResNet-18 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet18SmallStem extends Provider {
    public ResNet18SmallStem() {
      super(ResNetKind.RESNET18, true);
    }
  }

  /** ResNet-34. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet34 extends Provider {
    public ResNet34() {
      super(ResNetKind.RESNET34, false);
    }
  }

  /** ResNet-34 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet34SmallStem extends Provider {
    public ResNet34SmallStem() {
      super(ResNetKind.RESNET34, true);
    }
  }

  /** ResNet-50. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet50 extends Provider {
    public ResNet50() {
      super(ResNetKind.RESNET50, false);
    }
  }

  /** ResNet-50 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet50SmallStem extends Provider {
    public ResNet50SmallStem() {
      super(ResNetKind.RESNET50, true);
    }
  }

  /** ResNet-101. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet101 extends Provider {
    public ResNet101() {
      super(ResNetKind.RESNET101, false);
    }
  }

  /** ResNet-101 with the small stem. */
  @AutoService(BackboneProvider.class)
  public static final class ResNet101SmallStem extends Provider {
    public ResNet101SmallStem() {
      super(ResNetKind.RESNET101, true);
    }
  }
}
