package io.swavbeam.pipelines.jvm;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.KnownException;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An error that a retry cannot fix, for example a model that does not exist, or a device that the
 * worker does not have. The annotation makes Flink fail the job at once instead of restarting it.
 * Other runners ignore it.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class NonRecoverableException extends KnownException {
  /**
   * @param message the message, in one line
   */
  public NonRecoverableException(String message) {
    this(message, null);
  }

  /** Creates an exception with a cause. */
  public NonRecoverableException(String message, @Nullable Throwable cause) {
    super(ErrorKind.OTHER, "", message, cause);
  }

  /** Creates an exception with the message and the kind of its cause. */
  public NonRecoverableException(Exception cause) {
    super(
        KnownError.kindOf(cause),
        cause instanceof KnownError known ? known.subject() : "",
        cause.getMessage(),
        cause);
  }
}
