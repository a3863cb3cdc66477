package io.swavbeam.model.backbone;

import com.google.auto.service.AutoService;
import io.swavbeam.model.layers.Convolution;
import io.swavbeam.model.layers.Layers;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Four 3x3 convolutions, each with batch norm and ReLU, and the mean over all pixels. The last
 * three convolutions have stride 2 and twice the channels of the one before. With width 64: 64,
 * 128, 256 and 512 channels, 512 features.
 */
final class FourConv<T extends TFloating> implements Backbone<T> {
  private static final int BLOCKS = 4;
  // The layers of a block in PyTorch's Sequential: convolution, norm, ReLU.
  private static final int LAYERS_A_BLOCK = 3;

  /** Creates the backbone. */
  @AutoService(BackboneProvider.class)
  public static final class Provider implements BackboneProvider {
    @Override
    public String name() {
      return "four-conv";
    }

    @Override
    public <T extends TFloating> Backbone<T> create(Layers<T> layers, long width) {
      return new FourConv<>(layers, width);
    }
  }

  private final Layers<T> layers;
  private final List<Convolution<T>> convolutions = new ArrayList<>();
  private final long featureDim;

  FourConv(Layers<T> layers, long width) {
    this.layers = layers;
    long in = 3;
    long out = width;
    for (int block = 0; block < BLOCKS; block++) {
      int layer = block * LAYERS_A_BLOCK;
      convolutions.add(
          layers.convolutionWithBias(
              "backbone." + layer, "backbone." + (layer + 1), in, out, 3, block == 0 ? 1 : 2));
      in = out;
      out *= 2;
    }
    featureDim = in;
  }

  @Override
  public long featureDim() {
    return featureDim;
  }

  @Override
  public List<Operand<TFloat32>> features(List<Operand<T>> images) {
    List<Operand<T>> x = images;
    for (Convolution<T> convolution : convolutions) {
      x = convolution.applyWithRelu(x);
    }
    return layers.globalMean(x);
  }
}
