package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;

/**
 * The optimiser and its schedule: linear warm-up from {@code startLearningRate} to {@code
 * learningRate}, then half a cosine to {@code finalLearningRate}.
 *
 * @param algorithm how gradients become updates
 * @param learningRate the rate after the warm-up
 * @param startLearningRate the rate of the first step of the warm-up
 * @param warmupSteps steps of the warm-up
 * @param warmupEpochs epochs of the warm-up, in addition to the steps
 * @param finalLearningRate the rate that the cosine ends at
 * @param cosine whether the rate falls with every step or once an epoch
 * @param weightDecay factor of the weights, 0 for none
 * @param clipGlobalNorm largest norm of all gradients together, 0 for no clipping
 * @param freezePrototypesSteps steps in which the prototypes stay as they started
 */
public record OptimizerConfig(
    @JsonPropertyDescription("Optimiser: adam, adamw, larc.") Algorithm algorithm,
    @JsonPropertyDescription("Learning rate after the warm-up.") double learningRate,
    @JsonPropertyDescription("Learning rate of the first step of the warm-up.")
        double startLearningRate,
    @JsonPropertyDescription("Steps of the warm-up.") long warmupSteps,
    @JsonPropertyDescription("Epochs of the warm-up, in addition to the steps.") long warmupEpochs,
    @JsonPropertyDescription("Final learning rate of the cosine schedule.")
        double finalLearningRate,
    @JsonPropertyDescription("How often the learning rate falls: per-step, per-epoch.")
        Cosine cosine,
    @JsonPropertyDescription("Weight decay.") double weightDecay,
    @JsonPropertyDescription("Largest global norm of the gradients; 0 for no clipping.")
        double clipGlobalNorm,
    @JsonPropertyDescription("Number of steps in which the prototypes are frozen.")
        long freezePrototypesSteps)
    implements Serializable {

  /** The algorithm that computes updates from gradients. */
  public enum Algorithm {
    /** Adam. Weight decay is added to the gradient, as in PyTorch's {@code Adam}. */
    @JsonProperty("adam")
    ADAM,
    /** AdamW. Weight decay is subtracted from the weights. */
    @JsonProperty("adamw")
    ADAMW,
    /** SGD with momentum 0.9 and LARC, as in SwAV's reference implementation. */
    @JsonProperty("larc")
    LARC
  }

  /** When the cosine schedule changes the learning rate. */
  public enum Cosine {
    @JsonProperty("per-step")
    PER_STEP,
    @JsonProperty("per-epoch")
    PER_EPOCH
  }

  public OptimizerConfig {
    ConfigCheck.that(
        learningRate > 0, "optimizer.learningRate must be positive, not %s", learningRate);
    ConfigCheck.finite("optimizer.learningRate", learningRate);
    notNegative("startLearningRate", startLearningRate);
    notNegative("warmupSteps", (double) warmupSteps);
    notNegative("warmupEpochs", (double) warmupEpochs);
    notNegative("finalLearningRate", finalLearningRate);
    notNegative("weightDecay", weightDecay);
    notNegative("clipGlobalNorm", clipGlobalNorm);
    notNegative("freezePrototypesSteps", (double) freezePrototypesSteps);
  }

  private static void notNegative(String name, double value) {
    ConfigCheck.that(value >= 0, "optimizer.%s must not be negative, but is %s", name, value);
    ConfigCheck.finite("optimizer." + name, value);
  }
}
