package io.swavbeam.model.backbone;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A network that computes features of images. To add one, write a class with a {@link
 * BackboneProvider}.
 *
 * @param <T> type of the activations
 */
public interface Backbone<T extends TFloating> {
  /** Returns the width of the features. */
  long featureDim();

  /**
   * Returns the features of a batch of images.
   *
   * @param images images of each replica, {@code [batch, height, width, 3]}, normalised and rotated
   *     by 180 degrees (see {@link io.swavbeam.model.layers.Convolution}), of any height and width
   * @return features of each replica, {@code [batch, featureDim] float32}
   */
  List<Operand<TFloat32>> features(List<Operand<T>> images);
}
