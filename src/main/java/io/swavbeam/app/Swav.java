package io.swavbeam.app;

import io.swavbeam.app.benchmark.BenchmarkCommand;
import io.swavbeam.app.cluster.ClusterCommand;
import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.app.command.Signals;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.crops.CropsCommand;
import io.swavbeam.app.demo.ArchiveClassesCommand;
import io.swavbeam.app.demo.DemoCommand;
import io.swavbeam.app.embedding.EmbedCommand;
import io.swavbeam.app.evaluation.EvaluateCommand;
import io.swavbeam.app.model.ExportCommand;
import io.swavbeam.app.model.ImportCommand;
import io.swavbeam.app.report.ReportCommand;
import io.swavbeam.app.search.SearchCommand;
import io.swavbeam.app.training.TrainCommand;
import io.swavbeam.app.training.TrainerCommand;
import io.swavbeam.model.error.KnownException;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The {@code swav} command.
 *
 * <p>Exit codes: 0 for success; 1 for a failure, with the reason in one line; 2 for wrong usage,
 * with the remedy in one line. A stack trace is a bug.
 */
public final class Swav {
  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;

  static final List<Command<?>> COMMANDS =
      List.of(
          new DemoCommand(),
          new TrainCommand(),
          new TrainerCommand(),
          new ImportCommand(),
          new ExportCommand(),
          new EmbedCommand(),
          new EvaluateCommand(),
          new ReportCommand(),
          new SearchCommand(),
          new CropsCommand(),
          new BenchmarkCommand(),
          new ClusterCommand(),
          new ArchiveClassesCommand(Swav::run));

  private Swav() {}

  public static void main(String[] arguments) {
    Signals.listen(System.err);
    int code = run(List.of(arguments), System.out, System.err);
    Signals.awaitEnd();
    // Threads of ND4J and TensorFlow would keep the process alive.
    System.exit(code);
  }

  /** Runs a command and returns its exit code. */
  public static int run(List<String> arguments, PrintStream out, PrintStream err) {
    // TensorFlow formats names of ops with the default locale, and graphs need ASCII digits.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    try {
      dispatch(arguments, new Console(out));
      return DONE;
    } catch (UsageException e) {
      say(err, e.getMessage());
      return WRONG_USAGE;
    } catch (CommandFailedException | KnownException | StoreUnavailableException e) {
      say(err, Remedies.line(e));
      return FAILED;
    } catch (FileSystemException e) {
      String why = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      say(err, "%s: %s".formatted(e.getFile(), why));
      return FAILED;
    } catch (IOException e) {
      say(err, e.getMessage() == null ? e.getClass().getSimpleName() : Remedies.line(e));
      return FAILED;
    } catch (UncheckedIOException e) {
      say(err, String.valueOf(Remedies.line(e.getCause())));
      return FAILED;
    } catch (OutOfMemoryError e) {
      say(
          err,
          "out of memory (%s): increase the heap, for example with SWAV_JAVA_OPTS=-Xmx4g"
              .formatted(e.getMessage()));
      return FAILED;
    } catch (Exception | LinkageError e) {
      String library = missingLibrary(e);
      if (library != null) {
        say(
            err,
            "a native library cannot be loaded (%s): its folder needs 0.8 GB and permission to run programs; XDG_CACHE_HOME sets another folder"
                .formatted(library));
        return FAILED;
      }
      err.println("swav: this is a bug, please report it");
      e.printStackTrace(err);
      return FAILED;
    }
  }

  /** Returns the message of a native library that cannot be loaded, if that is the cause. */
  private static @Nullable String missingLibrary(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnsatisfiedLinkError) {
        String message = String.valueOf(cause.getMessage());
        return message.lines().findFirst().orElse(message);
      }
    }
    return null;
  }

  private static void say(PrintStream err, String message) {
    Signals.awaitEnd(); // a failure that a signal caused is not reported
    err.println("swav: " + Console.escaped(message));
  }

  private static void dispatch(List<String> arguments, Console console) throws Exception {
    if (arguments.isEmpty() || arguments.get(0).matches("help|--help|-h")) {
      help(console);
      return;
    }
    if (arguments.get(0).matches("version|--version")) {
      console.say("swav %s", version());
      return;
    }
    Command<?> command = command(arguments.get(0));
    List<String> rest = arguments.subList(1, arguments.size());
    if (rest.contains("--help")) {
      help(command, console);
    } else {
      command.run(rest, console);
    }
  }

  /**
   * Returns the command with a name.
   *
   * @throws UsageException if there is none
   */
  static Command<?> command(String name) throws UsageException {
    for (Command<?> command : COMMANDS) {
      if (command.name().equals(name)) {
        return command;
      }
    }
    throw new UsageException(
        "unknown command '%s': the commands are %s"
            .formatted(
                name,
                String.join(", ", COMMANDS.stream().map(command -> command.name()).toList())));
  }

  /** Returns the version of this software, which the build writes to a file. */
  private static String version() throws IOException {
    Properties build = new Properties();
    try (InputStream in = Swav.class.getResourceAsStream("build.properties")) {
      build.load(in);
    }
    return build.getProperty("version");
  }

  private static void help(Console console) {
    console.say("swav: learn to see without labels");
    console.say("");
    for (Command<?> command : COMMANDS) {
      console.say("  %-15s %s", command.name(), command.summary());
    }
    console.say("");
    console.say("`swav <command> --help` lists its options; every option of Beam works too.");
    console.say("`swav --version` prints the version.");
  }

  private static void help(Command<?> command, Console console) {
    console.say("swav %s: %s", command.name(), command.summary());
    console.say("");
    Options.descriptions(command.options())
        .forEach((name, description) -> console.say("  --%-22s %s", name, description));
  }
}
