package io.swavbeam.model.config;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An invalid configuration. The message is one line that says what to change. */
public final class InvalidConfigException extends KnownException {
  public InvalidConfigException(String message) {
    this(message, null);
  }

  public InvalidConfigException(String message, @Nullable Throwable cause) {
    this(ErrorKind.INVALID_CONFIG, "", message, cause);
  }

  /**
   * @param subject the model, file or device with the error
   */
  public InvalidConfigException(ErrorKind kind, Object subject, String message) {
    this(kind, subject, message, null);
  }

  /**
   * @param subject the model, file or device with the error
   */
  public InvalidConfigException(
      ErrorKind kind, Object subject, String message, @Nullable Throwable cause) {
    super(kind, subject.toString(), message, cause);
  }
}
