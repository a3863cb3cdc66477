package io.swavbeam.app.demo;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.SwavOptions;
import io.swavbeam.model.run.TemporaryFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The command {@code swav archive-classes}, which runs common commands on a few images. The
 * launcher starts this command with {@code -XX:ArchiveClassesAtExit}, so Java writes the loaded
 * classes to an archive. Later commands load classes from it in less time. Without the launcher,
 * this command has no effect.
 */
public final class ArchiveClassesCommand extends Command<SwavOptions> {
  /** The function that runs a command. */
  @FunctionalInterface
  public interface Swav {
    /** Runs a command and returns its exit code. */
    int run(List<String> arguments, PrintStream out, PrintStream err);
  }

  private static final int IMAGES = 64;

  private final Swav swav;

  public ArchiveClassesCommand(Swav swav) {
    super(
        "archive-classes",
        "archive Java's classes, so that commands start sooner; the build does so too",
        SwavOptions.class);
    this.swav = swav;
  }

  @Override
  protected void run(SwavOptions options, Console console)
      throws IOException, CommandFailedException {
    try (TemporaryFolder temporary = new TemporaryFolder("swav-classes-")) {
      Path folder = temporary.path();
      Path images = folder.resolve("images.tar");
      DemoArchive.write(images, IMAGES);
      Path model = folder.resolve("run");
      Path embeddings = folder.resolve("embeddings");
      swav(
          "train",
          "--input=" + images,
          "--output=" + model,
          "--preset=demo",
          "--batchSize=32",
          "--steps=2");
      swav("embed", "--model=" + model, "--input=" + images, "--output=" + embeddings);
      for (String index : List.of("", "--index=" + folder.resolve("index"))) {
        swav(
            "search",
            "--model=" + model,
            "--embeddings=" + embeddings,
            "--query=" + images,
            "--output=" + folder.resolve("neighbours.png"),
            index);
      }
      swav("evaluate", "--train=" + embeddings, "--output=" + folder.resolve("metrics.json"));
      swav("report", "--embeddings=" + embeddings, "--output=" + folder.resolve("report.html"));
    }
  }

  private void swav(String... arguments) throws CommandFailedException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int code =
        swav.run(
            List.of(arguments).stream().filter(argument -> !argument.isEmpty()).toList(),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(said, true, StandardCharsets.UTF_8));
    if (code != 0) {
      throw new CommandFailedException(
          "%s fails on this machine: %s"
              .formatted(arguments[0], said.toString(StandardCharsets.UTF_8).strip()));
    }
  }
}
