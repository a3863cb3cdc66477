package io.swavbeam.model.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.history.History;
import java.io.Serializable;

/**
 * Everything that determines a training run: two runs with equal values end with equal models.
 * Written to the run directory as {@code config.json}.
 *
 * @param recipe the recipe
 * @param precision the type of the backbone's activations
 * @param seed the seed of the initial weights, the order of the images and the crops
 * @param steps the number of optimiser steps of the whole run, at least 1
 * @param images the number of images, at least 1
 * @param manifest the digest of the images' names and positions, in order
 * @param content the digest of the bytes of the images' files, in order; empty in runs that earlier
 *     versions began
 * @param decoding how pictures become pixels
 * @param maxUnreadable the fraction of images that may be unreadable, in [0, 1]; if there are more,
 *     the run stops
 * @param init the initial weights
 * @param shuffle the permutation of the images in an epoch
 */
public record RunConfig(
    SwavConfig recipe,
    Precision precision,
    long seed,
    long steps,
    long images,
    String manifest,
    String content,
    DecodingConfig decoding,
    double maxUnreadable,
    InitConfig init,
    Shuffle shuffle)
    implements Serializable {
  /** The default. If more than a tenth is unreadable, the cause is probably not single images. */
  public static final double DEFAULT_MAX_UNREADABLE = 0.1;

  private static final int ID_LENGTH = 12;

  public RunConfig {
    ConfigCheck.that(steps >= 1, "steps must be at least 1, not %s", steps);
    ConfigCheck.that(images >= 1, "there must be at least one image");
    ConfigCheck.that(
        maxUnreadable >= 0 && maxUnreadable <= 1,
        "maxUnreadable must be in [0, 1], not %s",
        maxUnreadable);
  }

  /** Creates a run with the default decoding and the default limit of unreadable images. */
  public RunConfig(
      SwavConfig recipe, Precision precision, long seed, long steps, long images, String manifest) {
    this(
        recipe,
        precision,
        seed,
        steps,
        images,
        manifest,
        "",
        DecodingConfig.DEFAULT,
        DEFAULT_MAX_UNREADABLE,
        InitConfig.NONE,
        Shuffle.FEISTEL);
  }

  /**
   * Reads {@code config.json} of this version or an earlier one.
   *
   * @param origin the name of the text in errors
   * @throws InvalidConfigException in one line, if a key is unknown, missing or has a bad value
   */
  public static RunConfig read(String json, String origin) {
    return ConfigJson.read(json, RunConfig.class, origin, History.RUN);
  }

  /** Returns the text of {@code config.json}. */
  public String toJson() {
    return ConfigJson.write(this, History.RUN);
  }

  /** Returns whether a text is the configuration of a run, as opposed to a recipe. */
  static boolean isOne(String json) {
    return ConfigJson.hasKey(json, "recipe");
  }

  /** Returns the number of steps that count as one epoch; see {@link SwavConfig#stepsPerEpoch}. */
  public long stepsPerEpoch() {
    return recipe.stepsPerEpoch(images);
  }

  /** Returns a digest of the configuration. Equal ids mean equal runs. */
  public String id() {
    ObjectNode json = ConfigJson.tree(this);
    // Embeddings contain the id, so the id of a run of an earlier version must not change.
    History.RUN.undo(json);
    return new Digest().add(ConfigJson.write(json)).hex(ID_LENGTH);
  }

  /**
   * Returns the id of the network of this run after some steps.
   *
   * @param weights digest of its weights, which ids of earlier versions do not have
   */
  public String modelId(long step, String weights) {
    return earlierModelId(step) + "-" + weights;
  }

  /** Returns the id of earlier versions for the network of this run after some steps. */
  public String earlierModelId(long step) {
    return modelIds() + step;
  }

  /** Returns whether the id of a network belongs to this run. */
  public boolean made(String modelId) {
    return modelId.startsWith(modelIds());
  }

  private String modelIds() {
    return "swav-%s-step-".formatted(id());
  }
}
