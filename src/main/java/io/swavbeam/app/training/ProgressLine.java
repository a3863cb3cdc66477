package io.swavbeam.app.training;

import io.swavbeam.app.command.Console;
import io.swavbeam.model.graph.TrainingMemory;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.training.TrainingListener;
import java.time.Duration;

/** Says how training goes, a line every few steps. */
record ProgressLine(Console console) implements TrainingListener {
  static final int LOG_EVERY = 10;

  @Override
  public void onStep(StepReport report) {
    long done = report.step() + 1;
    if (done % LOG_EVERY != 0 && done != report.steps()) {
      return;
    }
    console.say(
        "step %d/%d  epoch %.2f  loss %.4f  learning rate %.2e  %.0f images/s  waiting %.1f %%  %s left",
        done,
        report.steps(),
        report.epoch(),
        report.loss(),
        report.learningRate(),
        report.imagesPerSecond(),
        100 * report.waiting(),
        timeLeft(report));
  }

  @Override
  public void onMemory(TrainingMemory memory) {
    console.say("memory: %s", memory);
  }

  @Override
  public void onWarning(long step, String warning) {
    console.say("warning at step %d: %s", step + 1, warning);
  }

  private static String timeLeft(StepReport report) {
    double seconds = (report.steps() - report.step() - 1) * report.secondsPerStep();
    Duration left = Duration.ofSeconds(Math.round(seconds));
    return left.toHours() > 0
        ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
        : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
  }
}
