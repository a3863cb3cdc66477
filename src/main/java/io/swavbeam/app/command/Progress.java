package io.swavbeam.app.command;

/** Hears how far long work is. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (stage, done, total) -> {};

  /**
   * Called again and again while something is worked at.
   *
   * @param stage what is worked at
   * @param done so far
   * @param total at the end
   */
  void at(String stage, long done, long total);
}
