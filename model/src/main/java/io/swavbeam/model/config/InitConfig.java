package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * What a run begins with.
 *
 * @param model digest of the model whose weights it begins with; empty for weights by the seed
 * @param freezeBackboneSteps steps in which the backbone's weights stay as they began; its running
 *     statistics follow the images
 */
public record InitConfig(String model, long freezeBackboneSteps) implements Serializable {
  /** Weights by the seed. */
  public static final InitConfig NONE = new InitConfig("", 0);

  public InitConfig {
    ConfigCheck.that(
        freezeBackboneSteps >= 0,
        "freezeBackboneSteps must not be negative, but is %s",
        freezeBackboneSteps);
  }

  /** Whether it begins with a model's weights. */
  public boolean hasModel() {
    return !model.isEmpty();
  }
}
