package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;

/**
 * Adam and its schedule.
 *
 * @param learningRate the rate after the warm-up
 * @param warmupSteps steps of linear growth from 0 to {@code learningRate}
 * @param finalLearningRate the rate that the cosine ends at
 * @param cosine whether the rate falls with every step or once an epoch
 * @param weightDecay factor of the weights that is subtracted, 0 for none
 * @param decoupledWeightDecay false adds the decay to the gradient (Adam with L2, as PyTorch's
 *     {@code Adam}), true subtracts it from the weights (AdamW)
 * @param clipGlobalNorm largest norm of all gradients together, 0 for no clipping
 * @param freezePrototypesSteps steps in which the prototypes stay as they started
 */
public record OptimizerConfig(
    double learningRate,
    long warmupSteps,
    double finalLearningRate,
    Cosine cosine,
    double weightDecay,
    boolean decoupledWeightDecay,
    double clipGlobalNorm,
    long freezePrototypesSteps)
    implements Serializable {

  /** How often the cosine schedule moves. */
  public enum Cosine {
    @JsonProperty("per-step")
    PER_STEP,
    @JsonProperty("per-epoch")
    PER_EPOCH
  }

  public OptimizerConfig {
    Check.that(learningRate > 0, "optimizer.learningRate must be positive, not %s", learningRate);
    notNegative("warmupSteps", (double) warmupSteps);
    notNegative("finalLearningRate", finalLearningRate);
    notNegative("weightDecay", weightDecay);
    notNegative("clipGlobalNorm", clipGlobalNorm);
    notNegative("freezePrototypesSteps", (double) freezePrototypesSteps);
  }

  private static void notNegative(String name, double value) {
    Check.that(value >= 0, "optimizer.%s must not be negative, but is %s", name, value);
  }
}
