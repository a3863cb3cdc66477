package io.swavbeam.app.command;

import java.util.List;

/**
 * A command of {@code swav}.
 *
 * @param <O> the interface of its options
 */
public abstract class Command<O extends SwavOptions> {
  private final String name;
  private final String summary;
  private final Class<O> options;

  /**
   * @param name the name after {@code swav}
   * @param summary a short description
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
   * Parses the options and runs the command.
   *
   * @param arguments the arguments after the name of the command
   * @throws UsageException if they are wrong
   * @throws CommandFailedException if the command has failed
   */
  public void run(List<String> arguments, Console console) throws Exception {
    run(Options.parse(arguments, options), console);
  }

  /** Runs the command. */
  protected abstract void run(O options, Console console) throws Exception;
}
