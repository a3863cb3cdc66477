package io.swavbeam.pipelines.jvm;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.KnownException;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An error that another attempt cannot mend: a model that does not exist, a device that the worker
 * does not have. Flink fails the job at once instead of restarting it, by the annotation, which
 * other runners do not need.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class NonRecoverableException extends KnownException {
  /**
   * @param message one line
   */
  public NonRecoverableException(String message) {
    this(message, null);
  }

  /** The same with its cause. */
  public NonRecoverableException(String message, @Nullable Throwable cause) {
    super(ErrorKind.OTHER, "", message, cause);
  }

  /** The same with its cause, whose message and kind it takes over. */
  public NonRecoverableException(Exception cause) {
    super(
        KnownError.kindOf(cause),
        cause instanceof KnownError known ? known.subject() : "",
        cause.getMessage(),
        cause);
  }
}
