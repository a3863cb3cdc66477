package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;

/**
 * The preprocessing of an image that is embedded. Its shorter side is scaled to {@code resize},
 * then the central {@code imageSize} x {@code imageSize} pixels are taken.
 *
 * @param resize shorter side after scaling, in pixels
 * @param imageSize side of the square that the network gets, in pixels, at most {@code resize}
 */
public record EvaluationConfig(
    @JsonPropertyDescription(
            "Shorter side of an image when it is embedded, before the central square is cut out.")
        int resize,
    @JsonPropertyDescription("Side of the square that is embedded.") int imageSize)
    implements Serializable {
  private static final int MAX_SIDE = 1 << 13;

  public EvaluationConfig {
    ConfigCheck.that(
        imageSize >= CropSpec.MIN_SIZE && imageSize <= resize,
        "evaluation.imageSize must be in [%s, resize], not %s with resize %s",
        CropSpec.MIN_SIZE,
        imageSize,
        resize);
    ConfigCheck.atMost("evaluation.resize", resize, MAX_SIDE);
  }
}
