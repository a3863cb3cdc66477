package io.swavbeam.model.network;

import io.swavbeam.model.config.InvalidConfigException;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** A network from images to features. */
public interface Backbone {
  /** Width of the features. */
  long featureDim();

  /**
   * The features of a batch of images.
   *
   * @param images {@code [batch, height, width, 3] float32}, normalised, of any height and width
   * @return {@code [batch, featureDim] float32}
   */
  Operand<TFloat32> features(Operand<TFloat32> images, Mode mode);

  /** Ops that update the running statistics by the training passes so far. */
  List<Op> statisticsUpdates(Ops ordered);

  /**
   * Creates a backbone and its variables.
   *
   * @param name of the configuration
   * @throws InvalidConfigException where no backbone has that name
   */
  static Backbone create(String name, Ops tf, Parameters parameters) {
    return switch (name) {
      case FourConv.NAME -> new FourConv(tf, parameters);
      default ->
          throw new InvalidConfigException(
              "unknown network.backbone '%s': take %s".formatted(name, FourConv.NAME));
    };
  }
}
