package io.swavbeam.app.command;

/**
 * The command was called wrongly; the message is one line that says what was meant. Exit code 2.
 */
public final class UsageException extends Exception {
  public UsageException(String message) {
    super(message);
  }
}
