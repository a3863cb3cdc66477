package io.swavbeam.pipelines.input;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import java.io.IOException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An input that stands for nothing that could be read; the message is one line. */
public final class InputException extends IOException implements KnownError {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;
  private final String subject;

  public InputException(String message) {
    this(message, null);
  }

  public InputException(String message, @Nullable Throwable cause) {
    this(ErrorKind.OTHER, "", message, cause);
  }

  /**
   * @param subject the folder, topic or address that it is about
   */
  public InputException(ErrorKind kind, Object subject, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.subject = subject.toString();
  }

  /** Of an input that a user has named, with which the message begins. */
  static InputException ofInput(String message, @Nullable Throwable cause) {
    return new InputException(ErrorKind.NO_INPUT, "", message, cause);
  }

  @Override
  public ErrorKind kind() {
    return kind;
  }

  @Override
  public String subject() {
    return subject;
  }
}
