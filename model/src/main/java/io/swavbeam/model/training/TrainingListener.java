package io.swavbeam.model.training;

import io.swavbeam.model.run.StepReport;

/** Told of every step, in order, by the trainer's thread. */
public interface TrainingListener {
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
