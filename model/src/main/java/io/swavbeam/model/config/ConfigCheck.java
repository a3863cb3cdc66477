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
}
