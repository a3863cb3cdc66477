package io.swavbeam.model.optimizer;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Cosine;

/**
 * The schedule of the learning rate: linear warm-up, then half a cosine.
 *
 * <p>The warm-up increases the rate in equal steps from {@code startLearningRate} to {@code
 * learningRate}. The last step of the warm-up has {@code learningRate}, as in the reference
 * implementation. After it, a step with progress p in [0, 1) has {@code final + (learningRate -
 * final) x (1 + cos(pi p)) / 2}. With a schedule per epoch, all steps of an epoch have the p of its
 * first step.
 */
public final class LearningRate {
  private final OptimizerConfig config;
  private final long steps;
  private final long stepsPerEpoch;
  private final long warmup;

  /**
   * @param steps steps of the whole run
   * @param stepsPerEpoch steps that count as one epoch
   */
  public LearningRate(OptimizerConfig config, long steps, long stepsPerEpoch) {
    this.config = config;
    this.steps = steps;
    this.stepsPerEpoch = stepsPerEpoch;
    warmup = config.warmupSteps() + config.warmupEpochs() * stepsPerEpoch;
  }

  /**
   * Returns the learning rate of a step.
   *
   * @param step number of the step, from 0
   */
  public double at(long step) {
    if (step < warmup) {
      double share = warmup == 1 ? 0 : (double) step / (warmup - 1);
      return config.startLearningRate()
          + share * (config.learningRate() - config.startLearningRate());
    }
    double progress = progress(step - warmup, Math.max(1, steps - warmup));
    double height = (1 + StrictMath.cos(Math.PI * progress)) / 2;
    return config.finalLearningRate()
        + (config.learningRate() - config.finalLearningRate()) * height;
  }

  private double progress(long done, long all) {
    if (config.cosine() == Cosine.PER_STEP) {
      return (double) done / all;
    }
    long epochs = Math.max(1, (all + stepsPerEpoch - 1) / stepsPerEpoch);
    long epoch = done / stepsPerEpoch;
    return (double) epoch / epochs;
  }
}
