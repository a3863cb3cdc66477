package io.swavbeam.app.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Swav;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The command as its users call it, in this process or in one of its own. */
public final class Commands {
  /** The result of a command. */
  public record Outcome(int exitCode, String out, String err) {
    /** Asserts that the command succeeded. */
    public Outcome succeeded() {
      assertThat(exitCode).as(out + err).isZero();
      return this;
    }

    /** Asserts that the command succeeded without a line on standard error. */
    public Outcome succeededQuietly() {
      assertThat(err).isEmpty();
      return succeeded();
    }

    /** Asserts that the command failed with one line on standard error that contains some texts. */
    public Outcome refused(String... texts) {
      assertThat(exitCode).as(out + err).isEqualTo(1);
      assertThat(err).startsWith("swav: ").hasLineCount(1);
      assertThat(texts).allMatch(err::contains);
      return this;
    }
  }

  /** As for the tests' own JVM: most processes end before the second compiler pays. */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

  private Commands() {}

  /** Runs a command in this process. */
  public static Outcome swav(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Swav.run(
            List.of(arguments),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Outcome(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Runs a command in this process, with some arguments and more of them. */
  public static Outcome swav(List<String> arguments, String... more) {
    return swav(all(arguments, more));
  }

  /** Returns arguments, and more of them. */
  public static String[] all(List<String> arguments, String... more) {
    return Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new);
  }

  /**
   * Starts a command in a process of its own.
   *
   * @param log that gets what it says
   */
  public static Process start(Path log, String... arguments) throws IOException {
    return start(log, List.of(), arguments);
  }

  /**
   * Starts a command in a process of its own, by a command that runs another.
   *
   * @param log that gets what it says
   */
  public static Process start(Path log, List<String> by, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(by);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of(
            SHORT_LIVED,
            "-XX:+UseParallelGC", // these two as the launcher has them
            "-XX:MaxNewSize=400m",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-cp",
            classPath(),
            Swav.class.getName()));
    line.addAll(List.of(arguments));
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** The class path of the tests, swav and its libraries in it. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** All files below a folder, by their path in it. */
  public static Map<String, byte[]> files(Path root) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }
}
