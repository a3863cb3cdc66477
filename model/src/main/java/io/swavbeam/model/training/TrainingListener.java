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
      double learningRate,
      double imagesPerSecond,
      double waiting,
      double secondsPerStep) {}

  /** Called after each step. */
  void onStep(StepReport report);

  /** Hears nothing. */
  TrainingListener SILENT = report -> {};
}
