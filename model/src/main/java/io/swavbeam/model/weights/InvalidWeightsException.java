package io.swavbeam.model.weights;

/** A file of weights cannot be used; the message says why in one line, without the file's name. */
public final class InvalidWeightsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InvalidWeightsException(String message) {
    super(message);
  }

  public InvalidWeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
