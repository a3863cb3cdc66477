package io.swavbeam.model.training;

import io.swavbeam.model.graph.TrainingMemory;
import io.swavbeam.model.graph.TrainingWork;
import io.swavbeam.model.run.StepReport;
import java.util.List;

/** Told of every step, in order, by the trainer's thread. */
public interface TrainingListener {
  /** Called after each step. */
  void onStep(StepReport report);

  /**
   * Called before a run is begun or resumed.
   *
   * @param reasons sentences that explain what the trainer has chosen; empty if nothing was left to
   *     it
   */
  default void onRecipe(List<String> reasons) {}

  /** Called before the first step, with the memory that training will take. */
  default void onMemory(TrainingMemory memory) {}

  /** Called before the first step, with the arithmetic that is to be done. */
  default void onWork(TrainingWork work) {}

  /**
   * Called where training goes wrong without failing.
   *
   * @param warning one line with remedies
   */
  default void onWarning(long step, String warning) {}

  /** Hears nothing. */
  TrainingListener SILENT = report -> {};
}
