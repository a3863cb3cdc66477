package io.swavbeam.model.run;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Training cannot go on; the message is one line that says why. */
public final class TrainingFailedException extends KnownException {
  private static final long serialVersionUID = 1L;

  public TrainingFailedException(String message) {
    this(message, null);
  }

  public TrainingFailedException(String message, @Nullable Throwable cause) {
    this(ErrorKind.TRAINING_FAILED, "", message, cause);
  }

  /**
   * @param subject the run's folder, or the trainer's address
   */
  public TrainingFailedException(ErrorKind kind, Object subject, String message) {
    this(kind, subject, message, null);
  }

  /**
   * @param subject the run's folder, or the trainer's address
   */
  public TrainingFailedException(
      ErrorKind kind, Object subject, String message, @Nullable Throwable cause) {
    super(kind, subject.toString(), message, cause);
  }
}
