package io.swavbeam.model.error;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A known error as an unchecked exception. */
public abstract class KnownException extends RuntimeException implements KnownError {
  private final ErrorKind kind;
  private final String subject;

  protected KnownException(
      ErrorKind kind, String subject, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.subject = subject;
  }

  @Override
  public ErrorKind kind() {
    return kind;
  }

  @Override
  public String subject() {
    return subject;
  }

  /**
   * Includes the kind and the subject, so that stack traces carry them where exceptions cannot be
   * sent.
   */
  @Override
  @SuppressWarnings("OverrideThrowableToString") // the message is for people
  public String toString() {
    return "%s: [swav:%s:%s] %s"
        .formatted(
            getClass().getName(),
            kind,
            URLEncoder.encode(subject, StandardCharsets.UTF_8),
            getMessage());
  }
}
