package io.swavbeam.model.config;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;

/** Checks of configurations, whose errors are one line. */
final class ConfigCheck {
  private ConfigCheck() {}

  @FormatMethod
  static void that(boolean condition, @FormatString String message, Object... arguments) {
    if (!condition) {
      throw new InvalidConfigException(String.format(message, arguments));
    }
  }

  /** Checks that a number is finite. */
  static void finite(String name, double value) {
    that(Double.isFinite(value), "%s must be finite, not %s", name, value);
  }

  /** Checks an upper limit that is beyond any hardware, before memory is allocated. */
  static void atMost(String name, long value, long most) {
    that(value <= most, "%s must be at most %s, not %s", name, most, value);
  }
}
