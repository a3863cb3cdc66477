package io.swavbeam.model.training;

/** Told of every step, in order, by the trainer's thread. */
public interface TrainingListener {
  /**
   * What happened in a step.
   *
   * @param step from 0
   * @param steps of the whole run
   * @param epoch passes over the images before this step, a fraction
   * @param loss before the update
   * @param gradientNorm before clipping
   * @param codeEntropy mean entropy of the codes, in nats
   * @param featureDeviation spread of the projections: 1 over the sphere, 0 one point
   * @param prototypesUsed prototypes that were the best for any image lately
   * @param learningRate of the step
   * @param imagesPerSecond since the last line of the metrics
   * @param waiting share of that time in which the trainer waited for crops
   * @param secondsPerStep since the last line of the metrics
   */
  record StepReport(
      long step,
      long steps,
      double epoch,
      float loss,
      float gradientNorm,
      float codeEntropy,
      float featureDeviation,
      int prototypesUsed,
      double learningRate,
      double imagesPerSecond,
      double waiting,
      double secondsPerStep) {}

  /** Called after each step. */
  void onStep(StepReport report);

  /**
   * Called where training goes wrong without failing.
   *
   * @param warning one line with remedies
   */
  default void onWarning(long step, String warning) {}

  /** Hears nothing. */
  TrainingListener SILENT = report -> {};
}
