package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;
import java.util.List;

/**
 * The network and the normalisation of its input.
 *
 * @param backbone the name of the backbone: {@code four-conv}, {@code resnet18}, {@code resnet34},
 *     {@code resnet50}, {@code resnet101}; residual networks with the suffix {@code -small-stem}
 *     are for images of about 32 pixels
 * @param width the number of channels of the first stage of the backbone; 64 in the literature
 * @param hiddenDim the width of the hidden layer of the projection head; 0 for a head of one linear
 *     layer
 * @param projectionDim the width of the projection; 0 for a network without a projection head,
 *     which cannot be trained
 * @param prototypes the number of prototypes, the K of the paper; 0 for a network without
 *     prototypes, which cannot be trained
 * @param mean the mean of each channel (red, green, blue), in [0, 1]
 * @param std the standard deviation of each channel, in [0, 1]
 */
public record NetworkConfig(
    @JsonPropertyDescription(
            "Backbone: four-conv, resnet18, resnet34, resnet50, resnet101; residual networks for small images have the suffix -small-stem.")
        String backbone,
    @JsonPropertyDescription("Channels of the backbone's first stage.") int width,
    @JsonPropertyDescription(
            "Width of the projection head's hidden layer; 0 for a head of one linear layer.")
        int hiddenDim,
    @JsonPropertyDescription("Width of the projection.") int projectionDim,
    @JsonPropertyDescription("Number of prototypes.") int prototypes,
    @JsonPropertyDescription("Mean of the red, green and blue values, in units of 0 to 1.")
        List<Float> mean,
    @JsonPropertyDescription(
            "Standard deviation of the red, green and blue values, in units of 0 to 1.")
        List<Float> std)
    implements Serializable {
  private static final int MAX_CHANNELS = 1 << 16;
  private static final int MAX_PROTOTYPES = 1 << 22;

  public NetworkConfig {
    ConfigCheck.that(width >= 1, "network.width must be at least 1, not %s", width);
    ConfigCheck.that(
        hiddenDim >= 0, "network.hiddenDim must not be negative, but is %s", hiddenDim);
    ConfigCheck.that(
        projectionDim >= 0, "network.projectionDim must not be negative, but is %s", projectionDim);
    ConfigCheck.that(
        prototypes == 0 || prototypes >= 2,
        "network.prototypes must be at least 2, not %s",
        prototypes);
    ConfigCheck.atMost("network.width", width, MAX_CHANNELS);
    ConfigCheck.atMost("network.hiddenDim", hiddenDim, MAX_CHANNELS);
    ConfigCheck.atMost("network.projectionDim", projectionDim, MAX_CHANNELS);
    ConfigCheck.atMost("network.prototypes", prototypes, MAX_PROTOTYPES);
    ConfigCheck.that(
        mean.size() == 3 && std.size() == 3,
        "network.mean and network.std must have three numbers each (red, green, blue)");
    ConfigCheck.that(
        std.stream().allMatch(value -> value > 0), "network.std must be positive, not %s", std);
    mean.forEach(value -> ConfigCheck.finite("network.mean", value));
    std.forEach(value -> ConfigCheck.finite("network.std", value));
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /** Returns this network with another number of prototypes. */
  public NetworkConfig withPrototypes(int newPrototypes) {
    return new NetworkConfig(backbone, width, hiddenDim, projectionDim, newPrototypes, mean, std);
  }
}
