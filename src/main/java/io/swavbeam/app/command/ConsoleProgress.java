package io.swavbeam.app.command;

import java.util.concurrent.TimeUnit;

/** A listener that prints the progress of long work every few seconds. */
public final class ConsoleProgress implements Progress {
  private static final long EVERY = TimeUnit.SECONDS.toNanos(2);

  private final Console console;
  private long said = System.nanoTime();

  public ConsoleProgress(Console console) {
    this.console = console;
  }

  @Override
  public void at(String stage, long done, long total) {
    long now = System.nanoTime();
    if (now - said >= EVERY) {
      said = now;
      console.say("%s: %,d of %,d", stage, done, total);
    }
  }
}
