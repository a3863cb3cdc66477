package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;

/**
 * The augmentation of a crop. Probabilities are in [0, 1].
 *
 * @param flip probability of a horizontal flip
 * @param jitter probability of the colour jitter
 * @param jitterStrength the s of the SwAV recipe: brightness, contrast and saturation change by up
 *     to 0.8 s, hue by up to 0.2 s of the colour circle; in [0, 1.25]
 * @param grey probability of a conversion to grey
 * @param blur probability of a Gaussian blur, with a standard deviation of 0.1 to 2 pixels
 */
public record AugmentationConfig(
    @JsonPropertyDescription("Probability of a horizontal flip.") double flip,
    @JsonPropertyDescription("Probability of the colour jitter.") double jitter,
    @JsonPropertyDescription("Strength of the colour jitter.") double jitterStrength,
    @JsonPropertyDescription("Probability of conversion to greyscale.") double grey,
    @JsonPropertyDescription("Probability of a Gaussian blur.") double blur)
    implements Serializable {
  public AugmentationConfig {
    probability("flip", flip);
    probability("jitter", jitter);
    probability("grey", grey);
    probability("blur", blur);
    ConfigCheck.that(
        jitterStrength >= 0 && jitterStrength <= 1.25,
        "augmentation.jitterStrength must be in [0, 1.25], not %s",
        jitterStrength);
  }

  private static void probability(String name, double value) {
    ConfigCheck.that(
        value >= 0 && value <= 1, "augmentation.%s must be in [0, 1], not %s", name, value);
  }
}
