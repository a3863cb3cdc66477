package io.swavbeam.app;

/**
 * The command was called wrongly; the message is one line that says what was meant. Exit code 2.
 */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
