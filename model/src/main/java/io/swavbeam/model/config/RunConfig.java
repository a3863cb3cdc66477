package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * Everything that determines a training run: two runs with equal values end with equal models.
 * Written to the run directory as {@code config.json}.
 *
 * @param recipe the recipe
 * @param precision of the backbone's activations
 * @param seed of the initial weights, the order of the images and the crops
 * @param steps optimiser steps of the whole run
 * @param images how many images there are
 * @param manifest digest of the images' names and places, in order
 */
public record RunConfig(
    SwavConfig recipe, Precision precision, long seed, long steps, long images, String manifest)
    implements Serializable {
  private static final int ID_LENGTH = 12;

  public RunConfig {
    Check.that(steps >= 1, "steps must be at least 1, not %s", steps);
    Check.that(images >= 1, "there must be at least one image");
  }

  /** Steps until every image was seen once. */
  public long stepsPerEpoch() {
    return recipe.stepsPerEpoch(images);
  }

  /** A digest of all of it: equal ids mean equal runs. */
  public String id() {
    return new Digest().add(ConfigJson.write(this)).hex(ID_LENGTH);
  }

  /** The id of this run's network after some steps. */
  public String modelId(long step) {
    return modelIds() + step;
  }

  /** Whether a network's id is of this run. */
  public boolean made(String modelId) {
    return modelId.startsWith(modelIds());
  }

  private String modelIds() {
    return "swav-%s-step-".formatted(id());
  }
}
