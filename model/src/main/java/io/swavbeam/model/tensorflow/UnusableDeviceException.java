package io.swavbeam.model.tensorflow;

/** A device that was asked for cannot be used; the message is one line that says why. */
public final class UnusableDeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnusableDeviceException(String message) {
    super(message);
  }
}
