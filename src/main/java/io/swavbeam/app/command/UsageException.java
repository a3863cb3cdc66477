package io.swavbeam.app.command;

/**
 * The command was called wrongly; the message is one line that says what was meant. Exit code 2.
 */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
