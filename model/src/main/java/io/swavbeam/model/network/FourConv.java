package io.swavbeam.model.network;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Four 3x3 convolutions of 64, 128, 256 and 512 channels, each with batch norm and ReLU, the last
 * three at stride 2, and the mean over what is left of the image: 512 features.
 */
final class FourConv implements Backbone {
  static final String NAME = "four-conv";

  private static final long[] CHANNELS = {3, 64, 128, 256, 512};
  // PyTorch counts the layers of a Sequential: convolution, norm, ReLU.
  private static final int LAYERS_A_BLOCK = 3;

  private final Ops tf;
  private final List<Convolution> convolutions = new ArrayList<>();
  private final List<BatchNorm> norms = new ArrayList<>();

  FourConv(Ops tf, Parameters parameters) {
    this.tf = tf;
    for (int block = 0; block < CHANNELS.length - 1; block++) {
      int layer = block * LAYERS_A_BLOCK;
      long in = CHANNELS[block];
      long out = CHANNELS[block + 1];
      long stride = block == 0 ? 1 : 2;
      convolutions.add(new Convolution(tf, parameters, "backbone." + layer, in, out, stride));
      norms.add(new BatchNorm(tf, parameters, "backbone." + (layer + 1), out));
    }
  }

  @Override
  public long featureDim() {
    return CHANNELS[CHANNELS.length - 1];
  }

  @Override
  public Operand<TFloat32> features(Operand<TFloat32> images, Mode mode) {
    Operand<TFloat32> x = images;
    for (int block = 0; block < convolutions.size(); block++) {
      x = tf.nn.relu(norms.get(block).apply(convolutions.get(block).apply(x), mode));
    }
    return tf.math.mean(x, tf.constant(new int[] {1, 2}));
  }

  @Override
  public List<Op> statisticsUpdates(Ops ordered) {
    return norms.stream().flatMap(norm -> norm.updates(ordered).stream()).toList();
  }
}
