package io.swavbeam.model.tensorflow;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownException;

/** A requested device cannot be used. The message is one line with the reason. */
public final class UnusableDeviceException extends KnownException {
  /**
   * @param device name of the device, for example {@code gpu:0}
   */
  UnusableDeviceException(ErrorKind kind, String device, String message) {
    super(kind, device, message, null);
  }
}
