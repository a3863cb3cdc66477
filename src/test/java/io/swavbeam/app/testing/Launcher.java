package io.swavbeam.app.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.model.run.AtomicFiles;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The installed launcher, with a Java that uses the classes of the tests.
 *
 * @param script the launcher
 * @param java a folder in place of the JDK
 */
public record Launcher(Path script, Path java) {
  private static final Path SOURCE = Path.of("..", "swav").toAbsolutePath();

  /** Installs the launcher into a folder, with a Java that runs the commands. */
  public static Launcher in(Path folder) throws IOException {
    return in(folder, List.of(Commands.classPath().split(File.pathSeparator, -1)));
  }

  /** Installs the launcher with copies of the classes that every user can read. */
  public static Launcher forAll(Path folder) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<String> copies = new ArrayList<>();
    for (String entry : Commands.classPath().split(File.pathSeparator, -1)) {
      Path copy = classes.resolve(copies.size() + "-" + Path.of(entry).getFileName());
      copy(Path.of(entry), copy);
      copies.add(copy.toString());
    }
    Launcher launcher = in(folder, copies);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    return launcher;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  private static Launcher in(Path folder, List<String> classPath) throws IOException {
    String real = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return in(
        folder,
        """
        flags=()
        while [[ $1 != io.swavbeam.app.Swav ]]; do
          if [[ $1 == -cp ]]; then shift; else flags+=("$1"); fi
          shift
        done
        exec '%s' "${flags[@]}" -cp '%s' "$@"
        """
            .formatted(real, String.join(File.pathSeparator, classPath)));
  }

  /**
   * Installs the launcher into a folder.
   *
   * @param java the script to run in place of Java
   */
  public static Launcher in(Path folder, String java) throws IOException {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no /bin/bash");
    Path home = Files.createDirectories(folder.resolve("java/bin"));
    Path program = Files.writeString(home.resolve("java"), "#!/usr/bin/env bash\n" + java);
    Path script = Files.copy(SOURCE, folder.resolve("swav"));
    for (Path file : new Path[] {program, script}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return new Launcher(script, folder.resolve("java"));
  }

  /**
   * Runs a command, and returns its whole output.
   *
   * @param environment variables to add
   * @param by a command that runs the launcher, for example as another user
   */
  public Outcome run(Map<String, String> environment, List<String> by, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(by);
    line.add(script.toString());
    line.addAll(List.of(arguments));
    Path directory = Files.createTempDirectory("swav-working-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).directory(directory.toFile());
    builder.environment().put("JAVA_HOME", java.toString());
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      try (Stream<Path> left = Files.list(directory)) {
        // The working directory must stay unchanged.
        assertThat(left).as(said).isEmpty();
      }
      return new Outcome(process.waitFor(), said, "");
    } finally {
      AtomicFiles.delete(directory);
    }
  }

  /**
   * Returns a command that runs another one with its own mounts. Skips the test if that is not
   * possible.
   *
   * @param script commands for the mounts, joined by {@code &&}
   */
  public static List<String> amongMounts(String script) throws InterruptedException {
    assumeCanRunBy(List.of("unshare", "-m", "--"));
    return List.of("unshare", "-m", "bash", "-c", script + " \"$@\"", "mounts");
  }

  /** Skips the test with a message if commands cannot be run this way. */
  public static void assumeCanRunBy(List<String> by) throws InterruptedException {
    List<String> line = new ArrayList<>(by);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("-version");
    boolean can;
    try {
      can =
          new ProcessBuilder(line)
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .start()
                  .waitFor()
              == 0;
    } catch (IOException e) {
      can = false;
    }
    if (!can) {
      System.out.println("SKIPPED: this machine does not let us run as " + by);
    }
    Assumptions.assumeTrue(can, "no other user");
  }
}
