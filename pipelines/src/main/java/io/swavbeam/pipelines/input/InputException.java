package io.swavbeam.pipelines.input;

import java.io.IOException;

/** An input that stands for nothing that could be read; the message is one line. */
public final class InputException extends IOException {
  private static final long serialVersionUID = 1L;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
