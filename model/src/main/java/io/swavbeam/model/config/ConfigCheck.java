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
}
