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

/** The command as its users call it, in this process or in a separate one. */
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

  /** As for the JVM of the tests: most processes end before the second compiler is useful. */
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
   * Starts a command in a separate process.
   *
   * @param log the file for its output
   */
  public static Process start(Path log, String... arguments) throws IOException {
    return start(log, List.of(), arguments);
  }

  /**
   * Starts a command in a separate process, through another command.
   *
   * @param log the file for its output
   */
  public static Process start(Path log, List<String> by, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(by);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of(
            SHORT_LIVED,
            "-XX:+UseParallelGC", // the same two options as the launcher
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

  /** Returns the class path of the tests, with swav and its libraries. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Unpacks a compressed archive with the tar command, because it may contain links and pipes. */
  public static void unpack(Path archive, Path folder) throws IOException, InterruptedException {
    ProcessBuilder tar = new ProcessBuilder("tar", "-xzf", archive.toString());
    assertThat(tar.directory(folder.toFile()).inheritIO().start().waitFor()).isZero();
  }

  /** Returns all files below a folder by relative path. */
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
