package io.swavbeam.model.training;

import java.io.Serializable;

/**
 * How far a trainer is.
 *
 * @param nextStep the step that is applied or waited for; all before it are done
 * @param windowEnd the first step whose stripes are not yet welcome
 * @param steps of the whole run
 */
public record Progress(long nextStep, long windowEnd, long steps) implements Serializable {
  /** Whether every step is applied. */
  public boolean done() {
    return nextStep >= steps;
  }
}
