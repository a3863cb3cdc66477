package io.swavbeam.app.command;

import java.time.Duration;

/** How long work still takes, for people. */
public final class TimeLeft {
  private TimeLeft() {}

  /** {@code 4:05 left}, or {@code 1:04:05 left} from an hour on. */
  public static String of(double seconds) {
    Duration left = Duration.ofSeconds(Math.round(seconds));
    return left.toHours() > 0
        ? "%d:%02d:%02d left".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
        : "%d:%02d left".formatted(left.toMinutes(), left.toSecondsPart());
  }
}
