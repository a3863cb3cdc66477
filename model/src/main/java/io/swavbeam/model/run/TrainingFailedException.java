package io.swavbeam.model.run;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Training has failed. The message is one line with the reason. */
public final class TrainingFailedException extends KnownException {
  public TrainingFailedException(String message) {
    this(message, null);
  }

  public TrainingFailedException(String message, @Nullable Throwable cause) {
    this(ErrorKind.TRAINING_FAILED, "", message, cause);
  }

  /**
   * @param subject the run directory, or the address of the trainer
   */
  public TrainingFailedException(ErrorKind kind, Object subject, String message) {
    this(kind, subject, message, null);
  }

  /**
   * @param subject the run directory, or the address of the trainer
   */
  public TrainingFailedException(
      ErrorKind kind, Object subject, String message, @Nullable Throwable cause) {
    super(kind, subject.toString(), message, cause);
  }
}
