package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the launcher with a script in place of Java. */
class LauncherTest {
  @TempDir private Path folder;

  @Test
  void countsWhatLibjpegSaysInsteadOfShowingIt() throws Exception {
    Outcome outcome =
        run(
            """
            echo "on the way"
            echo "Corrupt JPEG data: premature end of data segment" >&2
            echo "Improper call to JPEG library in state 201" >&2
            echo "swav: something else" >&2
            echo "Corrupt JPEG data: 14 extraneous bytes before marker 0xd9" >&2
            exit 3
            """);
    assertThat(outcome.exitCode()).isEqualTo(3);
    assertThat(outcome.out())
        .contains("on the way", "swav: something else", "libjpeg printed 2 warnings")
        .doesNotContain("Corrupt JPEG", "Improper call");
  }

  @Test
  void showsWhatTensorFlowComplainsOfAndNotWhatItIsAbout() throws Exception {
    Outcome outcome =
        run(
            """
            echo "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR" >&2
            echo "I0000 00:00:1795704879.666256 8981 mlir_graph_optimization_pass.cc:401] MLIR" >&2
            echo "E0000 00:00:1795704879.7 8 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to register factory" >&2
            echo "E0000 00:00:1795704879.7 8 cuda_driver.cc:152] out of memory" >&2
            """);
    assertThat(outcome.out().strip())
        .isEqualTo("E0000 00:00:1795704879.7 8 cuda_driver.cc:152] out of memory");
  }

  @Test
  void speaksUtf8InACLocale() throws Exception {
    assertThat(run("echo \"locale $LC_ALL\"").out()).contains("locale C.UTF-8");
  }

  /**
   * Native libraries are not unpacked to a folder without space, or without permission to run
   * programs.
   */
  @Test
  void choosesAFolderForNativeLibraries() throws Exception {
    List<String> mounts =
        Launcher.amongMounts(
            """
            mount -t tmpfs -o noexec tmpfs "$XDG_CACHE_HOME" && mount -t tmpfs -o size=1m tmpfs "$HOME" &&
              mount -t tmpfs tmpfs "$TMPDIR" && exec\
            """);
    Launcher launcher = Launcher.in(folder, "printf '%s\\n' \"$@\"");
    Map<String, String> places = new HashMap<>();
    for (String place : List.of("XDG_CACHE_HOME", "HOME", "TMPDIR")) {
      places.put(place, Files.createDirectories(folder.resolve(place)).toString());
    }
    String user = Long.toString((Integer) Files.getAttribute(folder, "unix:uid"));
    Outcome third = launcher.run(places, mounts, "help");
    assertThat(third.out())
        .contains("cachedir=%s/swav-%s/javacpp\n".formatted(places.get("TMPDIR"), user))
        .contains("-Dorg.xerial.snappy.tempdir=%s/swav-%s\n".formatted(places.get("TMPDIR"), user))
        .contains("-Djava.io.tmpdir=%s\n".formatted(places.get("TMPDIR")));
    Outcome first = launcher.run(places, List.of(), "help");
    assertThat(first.out())
        .contains("cachedir=%s/swav-%s/javacpp\n".formatted(places.get("XDG_CACHE_HOME"), user));
  }

  @Test
  void saysSoWhereNoFolderIsLeft() throws Exception {
    List<String> mounts =
        Launcher.amongMounts(
            "mount -t tmpfs -o noexec tmpfs \"$TMPDIR\" && mount -t tmpfs -o noexec tmpfs /var/tmp && exec");
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    Map<String, String> places =
        Map.of("XDG_CACHE_HOME", "", "HOME", "", "TMPDIR", temporary.toString());
    Launcher launcher = Launcher.in(folder, "echo started");
    Outcome outcome = launcher.run(places, mounts, "embed");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.out())
        .startsWith("swav: no folder is left for native libraries: in XDG_CACHE_HOME")
        .hasLineCount(1);
    for (String harmless : List.of("help", "--version")) {
      assertThat(launcher.run(places, mounts, harmless).out()).isEqualTo("started\n");
    }
  }

  /** A folder of that name in /tmp of another user could contain malicious libraries. */
  @Test
  void takesNoFolderOfOthers() throws Exception {
    Launcher.assumeCanRunBy(List.of("setpriv", "--reuid=54321", "--clear-groups"));
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    Path others = Files.createDirectories(temporary.resolve("swav-54321"));
    Path home = Files.createDirectories(folder.resolve("home"));
    for (Path path : new Path[] {folder, temporary, others, home}) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    Launcher launcher = Launcher.in(folder, "printf '%s\\n' \"$@\"");
    Map<String, String> places =
        Map.of("XDG_CACHE_HOME", temporary.toString(), "HOME", home.toString());
    Outcome outcome =
        launcher.run(places, List.of("setpriv", "--reuid=54321", "--clear-groups"), "help");
    assertThat(outcome.out())
        .contains("cachedir=%s/.cache/swav-54321/javacpp\n".formatted(home))
        .contains("-Duser.home=%s/.cache/swav-54321\n".formatted(home));
  }

  /** An agent in the Java options would prevent the archive. */
  @Test
  void archivesClassesAndTakesThemFromThere() throws Exception {
    Launcher launcher =
        Launcher.in(
            folder,
            """
            printf '%s\\n' "$@"
            for option; do
              if [[ $option == -XX:ArchiveClassesAtExit=* ]]; then echo archive >"${option#*=}"; fi
            done
            exit ${CODE:-0}
            """);
    Map<String, String> options = Map.of("SWAV_JAVA_OPTS", "-javaagent:some.jar");
    Path classes = launcher.script().resolveSibling("classes.jsa");
    assertThat(launcher.run(options, List.of(), "embed").out())
        .contains("-javaagent:some.jar\n")
        .doesNotContain("classes.jsa");
    // A failure leaves no archive, and does not replace a better one.
    for (String before : new String[] {null, "good"}) {
      if (before != null) {
        Files.writeString(classes, before);
      }
      Outcome failed = launcher.run(Map.of("CODE", "137"), List.of(), "archive-classes");
      assertThat(failed.exitCode()).isEqualTo(137);
      assertThat(launcher.run(options, List.of(), "archive-classes", "--help").out())
          .doesNotContain("ArchiveClassesAtExit");
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files.filter(file -> file.getFileName().toString().startsWith("classes.jsa")))
            .hasSize(before == null ? 0 : 1);
      }
      assertThat(before == null || Files.readString(classes).equals(before)).isTrue();
    }
    Outcome outcome = launcher.run(options, List.of(), "archive-classes").succeeded();
    assertThat(outcome.out())
        .contains("-XX:ArchiveClassesAtExit=%s".formatted(classes))
        .doesNotContain("javaagent");
    assertThat(classes).hasContent("archive\n");
    assertThat(launcher.run(options, List.of(), "embed").out())
        .contains("-XX:SharedArchiveFile=%s\n".formatted(classes));
  }

  /** Java would silently find no classes in such an archive. */
  @Test
  void archivesNoClassesOfAFolderWhoseNameUrlsEscape() throws Exception {
    Path spaced = Files.createDirectories(folder.resolve("with space"));
    Outcome outcome =
        Launcher.in(spaced, "echo started").run(Map.of(), List.of(), "archive-classes");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.out()).startsWith("swav: Java archives no classes of").hasLineCount(1);
  }

  private Outcome run(String java) throws Exception {
    return Launcher.in(folder, java).run(Map.of("LC_ALL", "C"), List.of(), "help");
  }
}
