package io.swavbeam.app.benchmark;

import io.swavbeam.model.tensorflow.Sessions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A separate process for each figure, so that measurements do not affect each other. */
final class ChildProcess {
  private ChildProcess() {}

  /**
   * Runs a process to its end.
   *
   * @param environment variables to add to those of this process
   * @param log the file for its standard error
   * @return its standard output
   * @throws IOException if it fails, with the last line of the log
   */
  static String output(List<String> line, Map<String, String> environment, Path log)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(line).redirectError(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        List<String> said = Files.readAllLines(log);
        throw new IOException(
            said.isEmpty() ? "it ended with " + process.exitValue() : said.get(said.size() - 1));
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Returns the command that runs a class with the Java, options and libraries of this process. */
  static List<String> java(Class<?> main, String... arguments) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    String threads = System.getProperty(Sessions.THREADS);
    if (threads != null) {
      line.add("-D%s=%s".formatted(Sessions.THREADS, threads));
    }
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    line.addAll(List.of(arguments));
    return line;
  }
}
