package io.swavbeam.model.tensorflow;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;

/** A device that was asked for cannot be used; the message is one line that says why. */
public final class UnusableDeviceException extends KnownException {
  private static final long serialVersionUID = 1L;

  /**
   * @param device {@code gpu:0}, say
   */
  UnusableDeviceException(ErrorKind kind, String device, String message) {
    super(kind, device, message, null);
  }
}
