package io.swavbeam.app.training;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.TimeLeft;
import io.swavbeam.model.graph.TrainingMemory;
import io.swavbeam.model.graph.TrainingWork;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.training.TrainingListener;
import java.util.List;

/** A listener that prints the progress of training every few steps. */
public record ProgressLine(Console console) implements TrainingListener {
  static final int LOG_EVERY = 10;

  /** The first step to time. The step before it initialises TensorFlow. */
  private static final int FIRST_TIMED = 2;

  /** The smallest number of floating-point operations of a step for which a line is printed. */
  private static final double MIN_ANNOUNCED_OPERATIONS = 1e12;

  @Override
  public void onStep(StepReport report) {
    long done = report.step() + 1;
    if (done == FIRST_TIMED && report.steps() > LOG_EVERY) {
      console.say(
          "%,d steps: about %s, measured by the second step",
          report.steps(), TimeLeft.of((report.steps() - done) * report.secondsPerStep()));
    }
    if (done % LOG_EVERY != 0 && done != report.steps()) {
      return;
    }
    console.say(
        "step %d/%d  epoch %.2f  loss %.4f  learning rate %.2e  %.0f images/s  waiting %.1f %%  %s",
        done,
        report.steps(),
        report.epoch(),
        report.loss(),
        report.learningRate(),
        report.imagesPerSecond(),
        100 * report.waiting(),
        TimeLeft.of((report.steps() - done) * report.secondsPerStep()));
  }

  @Override
  public void onRecipe(List<String> reasons) {
    reasons.forEach(reason -> console.say("%s", reason));
  }

  @Override
  public void onMemory(TrainingMemory memory) {
    console.say("memory: %s", memory);
  }

  @Override
  public void onWork(TrainingWork work) {
    if (work.total() > MIN_ANNOUNCED_OPERATIONS) {
      console.say(
          "%,d steps: about %s, estimated from their operations",
          work.steps(), TimeLeft.of(work.seconds()));
    }
  }

  @Override
  public void onWarning(long step, String warning) {
    console.say("warning at step %d: %s", step + 1, warning);
  }
}
