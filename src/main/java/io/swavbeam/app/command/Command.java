package io.swavbeam.app.command;

import java.util.List;

/**
 * One of the commands of {@code swav}.
 *
 * @param <O> the interface of its options
 */
public abstract class Command<O extends SwavOptions> {
  private final String name;
  private final String summary;
  private final Class<O> options;

  /**
   * @param name what stands behind {@code swav}
   * @param summary what it does, in a few words
   */
  protected Command(String name, String summary, Class<O> options) {
    this.name = name;
    this.summary = summary;
    this.options = options;
  }

  public final String name() {
    return name;
  }

  public final String summary() {
    return summary;
  }

  public final Class<O> options() {
    return options;
  }

  /**
   * Reads the options, and does the work.
   *
   * @param arguments without the command's name
   * @throws UsageException if it was called wrongly
   * @throws CommandFailedException if it could not do its work
   */
  public void run(List<String> arguments, Console console) throws Exception {
    run(Options.parse(arguments, options), console);
  }

  /** Does the work. */
  protected abstract void run(O options, Console console) throws Exception;
}
