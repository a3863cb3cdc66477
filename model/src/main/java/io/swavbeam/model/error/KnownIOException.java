package io.swavbeam.model.error;

import java.io.IOException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A known error of files, folders and addresses. */
public class KnownIOException extends IOException implements KnownError {
  private final ErrorKind kind;
  private final String subject;

  /** Creates an error without a kind. */
  public KnownIOException(String message) {
    this(message, null);
  }

  /** Creates an error without a kind. */
  public KnownIOException(String message, @Nullable Throwable cause) {
    this(ErrorKind.OTHER, "", message, cause);
  }

  /**
   * @param subject the folder, topic or address with the error
   */
  public KnownIOException(ErrorKind kind, Object subject, String message) {
    this(kind, subject, message, null);
  }

  /**
   * @param subject the folder, topic or address with the error
   */
  public KnownIOException(
      ErrorKind kind, Object subject, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.subject = subject.toString();
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
