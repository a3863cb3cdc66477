package io.swavbeam.model.config;

import java.io.Serializable;
import java.util.List;

/**
 * The network and the normalisation of its input.
 *
 * @param backbone name of the backbone: {@code four-conv}, {@code resnet18}, {@code resnet50}, or
 *     the latter two with {@code -small-stem}, for images of some 32 pixels
 * @param width channels of the backbone's first stage; 64 is what the literature means by the
 *     backbone's name
 * @param hiddenDim width of the projection head's hidden layer
 * @param projectionDim width of the projection
 * @param prototypes number of prototypes, the K of the paper
 * @param mean of each channel (red, green, blue), in units of 0 to 1
 * @param std standard deviation of each channel, in units of 0 to 1
 */
public record NetworkConfig(
    String backbone,
    int width,
    int hiddenDim,
    int projectionDim,
    int prototypes,
    List<Float> mean,
    List<Float> std)
    implements Serializable {
  public NetworkConfig {
    ConfigCheck.that(width >= 1, "network.width must be at least 1, not %s", width);
    ConfigCheck.that(hiddenDim >= 1, "network.hiddenDim must be at least 1, not %s", hiddenDim);
    ConfigCheck.that(
        projectionDim >= 1, "network.projectionDim must be at least 1, not %s", projectionDim);
    ConfigCheck.that(prototypes >= 2, "network.prototypes must be at least 2, not %s", prototypes);
    ConfigCheck.that(
        mean.size() == 3 && std.size() == 3,
        "network.mean and network.std must have three numbers each (red, green, blue)");
    ConfigCheck.that(
        std.stream().allMatch(value -> value > 0), "network.std must be positive, not %s", std);
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }
}
