package io.swavbeam.app.command;

/** Wrong usage of a command. The message is one line with the remedy. The exit code is 2. */
public final class UsageException extends Exception {
  public UsageException(String message) {
    super(message);
  }
}
