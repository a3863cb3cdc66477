package io.swavbeam.app.command;

import java.util.List;

/** One of the commands of {@code swav}. */
public interface Command {
  /** What stands behind {@code swav}. */
  String name();

  /** What it does, in a few words. */
  String summary();

  /** The interface of its options. */
  Class<? extends SwavOptions> options();

  /**
   * Does the work.
   *
   * @param arguments without the command's name
   * @throws UsageException if it was called wrongly
   * @throws CommandFailedException if it could not do its work
   */
  void run(List<String> arguments, Console console) throws Exception;
}
