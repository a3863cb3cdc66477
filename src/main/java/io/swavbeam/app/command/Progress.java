package io.swavbeam.app.command;

/** A listener to the progress of long work. */
@FunctionalInterface
public interface Progress {
  /** A listener that does nothing. */
  Progress NONE = (stage, done, total) -> {};

  /**
   * Called repeatedly during the work.
   *
   * @param stage the current part of the work
   * @param done the number of finished items
   * @param total the number of all items
   */
  void at(String stage, long done, long total);
}
