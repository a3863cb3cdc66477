package io.swavbeam.model.graph;

import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.optimizer.LearningRate;

/**
 * The values that change from step to step, as a function of the run and the number of the step.
 */
public final class TrainingSchedule {
  /** The use of the feature queue in a step. */
  public enum Queue {
    /** The queue is not used. */
    OFF,
    /** The projections of the step are put into the queue. */
    FILLED,
    /** The queue takes part in the codes. Then the projections of the step are put into it. */
    USED
  }

  /**
   * The values of one step.
   *
   * @param learningRate the learning rate
   * @param update number of the update, from 1
   * @param backboneUpdate number of the update of the backbone, from 1; 0 while it is frozen
   * @param prototypesUpdate number of the update of the prototypes, from 1; 0 while they are frozen
   * @param queue the use of the feature queue
   */
  public record Step(
      double learningRate, long update, long backboneUpdate, long prototypesUpdate, Queue queue) {}

  /**
   * The number of images after which unreadable images are checked again. In a thousand images, a
   * tenth of unreadable ones is no coincidence.
   */
  private static final long JUDGED_IMAGES = 1_000;

  private final RunConfig run;
  private final LearningRate learningRate;
  private final long freezeSteps;
  private final long queueStart;
  private final long queueFull;

  public TrainingSchedule(RunConfig run) {
    this.run = run;
    SwavConfig recipe = run.recipe();
    learningRate = new LearningRate(recipe.optimizer(), run.steps(), run.stepsPerEpoch());
    freezeSteps = recipe.optimizer().freezePrototypesSteps();
    int length = recipe.queue().queueLength();
    queueStart =
        length == 0 ? Long.MAX_VALUE : recipe.queue().queueStartEpoch() * run.stepsPerEpoch();
    queueFull = length == 0 ? Long.MAX_VALUE : queueStart + length / recipe.batchSize();
  }

  /**
   * Returns the values of a step.
   *
   * @param step number of the step, from 0
   */
  public Step at(long step) {
    Queue queue = step < queueStart ? Queue.OFF : step < queueFull ? Queue.FILLED : Queue.USED;
    long update = step + 1;
    return new Step(
        learningRate.at(step),
        update,
        Math.max(0, update - run.init().freezeBackboneSteps()),
        Math.max(0, update - freezeSteps),
        queue);
  }

  /**
   * Returns whether the number of unreadable images is checked after a step: after the first step
   * of each further thousand images, at the end of each epoch, and after the last step. The dead
   * letters up to a step do not depend on workers and time, so neither does the result of the
   * check.
   *
   * @param step number of the step, from 0
   */
  public boolean isJudgedAfter(long step) {
    long before = step * run.recipe().batchSize();
    long after = before + run.recipe().batchSize();
    return before / JUDGED_IMAGES != after / JUDGED_IMAGES
        || (step + 1) % run.stepsPerEpoch() == 0
        || step + 1 == run.steps();
  }
}
