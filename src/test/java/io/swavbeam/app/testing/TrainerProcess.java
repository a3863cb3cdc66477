package io.swavbeam.app.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code swav trainer} in a separate process, which is killed when it is closed. */
public record TrainerProcess(Process process, int port, int metricsPort) implements AutoCloseable {
  private static final Pattern LISTENS =
      Pattern.compile("trainer on \\S+ at localhost:(\\d+); http://localhost:(\\d+)/metrics");

  /**
   * Starts a trainer and waits until it listens.
   *
   * @param log the file for its output
   * @param port the port, or 0 for any
   */
  public static TrainerProcess start(Path log, Path run, int port, String... more)
      throws IOException {
    Process process =
        Commands.start(
            log,
            Commands.all(
                List.of("trainer", "--run=" + run, "--port=" + port, "--metricsPort=0"), more));
    Matcher[] found = new Matcher[1];
    FlinkCluster.await(
        "a trainer",
        () -> {
          found[0] = LISTENS.matcher(Files.readString(log));
          return found[0].find() || !process.isAlive();
        });
    return new TrainerProcess(
        process, Integer.parseInt(found[0].group(1)), Integer.parseInt(found[0].group(2)));
  }

  public long metric(String name) throws IOException {
    String text = read("/metrics");
    Matcher value = Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$").matcher(text);
    return value.find() ? Math.round(Double.parseDouble(value.group(1))) : 0;
  }

  public String read(String path) throws IOException {
    URI uri = URI.create("http://localhost:" + metricsPort + path);
    try (var in = uri.toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    FlinkCluster.await("the trainer's end", () -> !process.isAlive());
  }
}
