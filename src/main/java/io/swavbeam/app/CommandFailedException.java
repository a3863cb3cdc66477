package io.swavbeam.app;

/** The command could not do its work; the message is one line. Exit code 1. */
final class CommandFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  CommandFailedException(String message) {
    super(message);
  }
}
