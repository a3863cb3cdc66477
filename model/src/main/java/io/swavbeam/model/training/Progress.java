package io.swavbeam.model.training;

import java.io.Serializable;

/**
 * The progress of a trainer.
 *
 * @param nextStep the first step that is not done
 * @param windowEnd the first step whose batch shards are not accepted yet
 * @param steps steps of the whole run
 * @param windowFull whether the trainer has all batch shards up to {@code windowEnd}, so that there
 *     is nothing to do until it has applied a step
 */
public record Progress(long nextStep, long windowEnd, long steps, boolean windowFull)
    implements Serializable {
  /** Returns whether all steps are done. */
  public boolean done() {
    return nextStep >= steps;
  }
}
