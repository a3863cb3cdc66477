package io.swavbeam.model.config;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;

/** Refuses a configuration in one line. */
final class ConfigCheck {
  private ConfigCheck() {}

  @FormatMethod
  static void that(boolean condition, @FormatString String message, Object... arguments) {
    if (!condition) {
      throw new InvalidConfigException(String.format(message, arguments));
    }
  }

  /** Refuses a number that is not finite. */
  static void finite(String name, double value) {
    that(Double.isFinite(value), "%s must be finite, not %s", name, value);
  }

  /** Refuses a number that no hardware has room for, before memory is taken. */
  static void atMost(String name, long value, long most) {
    that(value <= most, "%s must be at most %s, not %s", name, most, value);
  }
}
