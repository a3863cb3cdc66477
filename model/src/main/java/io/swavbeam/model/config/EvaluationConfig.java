package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * How an image is brought to the network when it is embedded: its shorter side is scaled to {@code
 * resize}, then the middle {@code size} x {@code size} pixels are taken.
 *
 * @param resize shorter side after scaling, in pixels
 * @param size side of the square that the network sees, in pixels, at most {@code resize}
 */
public record EvaluationConfig(int resize, int size) implements Serializable {
  public EvaluationConfig {
    Check.that(
        size >= CropSpec.SMALLEST && size <= resize,
        "evaluation.size must be in [%s, resize], not %s with resize %s",
        CropSpec.SMALLEST,
        size,
        resize);
  }
}
