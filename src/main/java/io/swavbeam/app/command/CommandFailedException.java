package io.swavbeam.app.command;

/** A command has failed. The message is one line. The exit code is 1. */
public final class CommandFailedException extends Exception {
  public CommandFailedException(String message) {
    super(message);
  }
}
