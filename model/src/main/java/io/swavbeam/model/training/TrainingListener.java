package io.swavbeam.model.training;

import io.swavbeam.model.graph.TrainingMemory;
import io.swavbeam.model.graph.TrainingWork;
import io.swavbeam.model.run.StepReport;
import java.util.List;

/** A listener to training. The trainer's thread calls it for each step, in order. */
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

  /** Called before the first step, with the arithmetic of the training. */
  default void onWork(TrainingWork work) {}

  /**
   * Called if training goes wrong without failing.
   *
   * @param warning one line with the problem and remedies
   */
  default void onWarning(long step, String warning) {}

  /** A listener that does nothing. */
  TrainingListener SILENT = report -> {};
}
