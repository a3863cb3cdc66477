package io.swavbeam.app.command;

import java.time.Duration;

/** Formats remaining times for people. */
public final class TimeLeft {
  private TimeLeft() {}

  /** Returns {@code 4:05 left}, or {@code 1:04:05 left} for an hour or more. */
  public static String of(double seconds) {
    Duration left = Duration.ofSeconds(Math.round(seconds));
    return left.toHours() > 0
        ? "%d:%02d:%02d left".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
        : "%d:%02d left".formatted(left.toMinutes(), left.toSecondsPart());
  }
}
