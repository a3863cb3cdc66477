package io.swavbeam.pipelines.jvm;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * An error that another attempt cannot mend: a model that does not exist, a device that the worker
 * does not have. Flink fails the job at once instead of restarting it, by the annotation, which
 * other runners do not need.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class NonRecoverableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line
   */
  public NonRecoverableException(String message) {
    super(message);
  }

  /** The same with its cause, whose message it takes over. */
  public NonRecoverableException(Exception cause) {
    super(cause.getMessage(), cause);
  }
}
