package io.swavbeam.app.training;

import io.swavbeam.app.command.Signals;
import io.swavbeam.pipelines.run.TrainingRun;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A task that writes a checkpoint when a signal ends the process, so that no step is repeated. */
final class CheckpointAtStop implements Signals.Task {
  /** Kubernetes and others kill a process 30 seconds after the signal. */
  private static final int GRACE_SECONDS = 25;

  private volatile TrainingRun.@Nullable Stop training;

  /** Sets the training whose checkpoint is written. */
  void of(TrainingRun.Stop training) {
    this.training = training;
  }

  @Override
  public Optional<String> announcement() {
    return training == null
        ? Optional.empty()
        : Optional.of(
            "finishing the current step and writing a checkpoint, within %d seconds"
                .formatted(GRACE_SECONDS));
  }

  @Override
  public Optional<String> stop() {
    TrainingRun.Stop stopped = training;
    if (stopped == null) {
      return Optional.empty();
    }
    try {
      OptionalLong step = stopped.within(TimeUnit.SECONDS.toMillis(GRACE_SECONDS));
      if (step.isEmpty()) {
        return Optional.of(
            "the step did not end in %d seconds: the same command continues from the previous checkpoint"
                .formatted(GRACE_SECONDS));
      }
      return Optional.of(
          step.getAsLong() == 0
              ? "stopped before the end of the first step: the same command begins again"
              : "stopped after step %,d with a checkpoint: the same command continues from there"
                  .formatted(step.getAsLong()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
