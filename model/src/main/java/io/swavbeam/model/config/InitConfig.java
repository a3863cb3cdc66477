package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * The initial weights of a run.
 *
 * @param model digest of the model that they are taken from; empty for random weights by the seed
 * @param freezeBackboneSteps steps in which the weights of the backbone do not change; its running
 *     statistics do
 */
public record InitConfig(String model, long freezeBackboneSteps) implements Serializable {
  /** Random weights by the seed. */
  public static final InitConfig NONE = new InitConfig("", 0);

  public InitConfig {
    ConfigCheck.that(
        freezeBackboneSteps >= 0,
        "freezeBackboneSteps must not be negative, but is %s",
        freezeBackboneSteps);
  }

  /** Returns whether the weights are taken from a model. */
  public boolean hasModel() {
    return !model.isEmpty();
  }
}
