package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;
import java.util.List;

/**
 * The network and the normalisation of its input.
 *
 * @param backbone name of the backbone: {@code four-conv}, {@code resnet18}, {@code resnet34},
 *     {@code resnet50}, {@code resnet101}, or a residual one with {@code -small-stem}, for images
 *     of some 32 pixels
 * @param width channels of the backbone's first stage; 64 is what the literature means by the
 *     backbone's name
 * @param hiddenDim width of the projection head's hidden layer; 0 for a head that is one linear
 *     layer
 * @param projectionDim width of the projection; 0 for a network without a projection head, which
 *     can embed and not be trained
 * @param prototypes number of prototypes, the K of the paper; 0 for a network without any, likewise
 * @param mean of each channel (red, green, blue), in units of 0 to 1
 * @param std standard deviation of each channel, in units of 0 to 1
 */
public record NetworkConfig(
    @JsonPropertyDescription(
            "Backbone: four-conv, resnet18, resnet34, resnet50, resnet101; residual ones for small images with -small-stem behind their names.")
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
