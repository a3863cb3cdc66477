package io.swavbeam.app.command;

/** The command could not do its work; the message is one line. Exit code 1. */
public final class CommandFailedException extends Exception {
  public CommandFailedException(String message) {
    super(message);
  }
}
