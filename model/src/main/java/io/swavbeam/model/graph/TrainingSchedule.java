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
    /** It is not touched. */
    OFF,
    /** The projections of the step are put into it. */
    FILLED,
    /** It takes part in the codes, then the projections of the step are put into it. */
    USED
  }

  /**
   * One step.
   *
   * @param learningRate of the step
   * @param update number of this update, from 1
   * @param backboneUpdate number of this update of the backbone, from 1, or 0 while it is frozen
   * @param prototypesUpdate number of this update of the prototypes, from 1, or 0 while they are
   *     frozen
   * @param queue what is done with the queue
   */
  public record Step(
      double learningRate, long update, long backboneUpdate, long prototypesUpdate, Queue queue) {}

  /** Enough images that it is no accident if a tenth of them is unreadable. */
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
   * The step of a number.
   *
   * @param step from 0
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
   * Whether it is judged at a step if too many images cannot be read: at the first one of every
   * further thousand images, at the end of each epoch, and at the last. The letters until a step
   * are the same whoever makes them and when, and so is the judgement.
   *
   * @param step from 0
   */
  public boolean isJudgedAfter(long step) {
    long before = step * run.recipe().batchSize();
    long after = before + run.recipe().batchSize();
    return before / JUDGED_IMAGES != after / JUDGED_IMAGES
        || (step + 1) % run.stepsPerEpoch() == 0
        || step + 1 == run.steps();
  }
}
