package io.swavbeam.model.backbone;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A network from images to features. To add one, write a class that makes it, a {@link
 * BackboneProvider}.
 *
 * @param <T> type of the activations
 */
public interface Backbone<T extends TFloating> {
  /** Width of the features. */
  long featureDim();

  /**
   * The features of a batch of images.
   *
   * @param images of each replica, {@code [batch, height, width, 3]}, normalised and rotated by 180
   *     degrees (see {@link io.swavbeam.model.layers.Convolution}), of any height and width
   * @return of each replica, {@code [batch, featureDim] float32}
   */
  List<Operand<TFloat32>> features(List<Operand<T>> images);
}
