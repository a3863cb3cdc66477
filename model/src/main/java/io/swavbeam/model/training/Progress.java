package io.swavbeam.model.training;

import java.io.Serializable;

/**
 * How far a trainer is.
 *
 * @param nextStep the step that is applied or waited for; all before it are done
 * @param windowEnd the first step whose batch shards are not yet welcome
 * @param steps of the whole run
 * @param windowFull whether the trainer has every batch shard up to there: until it has applied a
 *     step, nobody has anything to do
 */
public record Progress(long nextStep, long windowEnd, long steps, boolean windowFull)
    implements Serializable {
  /** Whether every step is applied. */
  public boolean done() {
    return nextStep >= steps;
  }
}
