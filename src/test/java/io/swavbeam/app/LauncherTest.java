package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as it is installed, with a Java that is a script. */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "swav");

  @TempDir private Path folder;

  @Test
  void countsWhatLibjpegSaysInsteadOfShowingIt() throws Exception {
    String said =
        run(
            """
            echo "on the way"
            echo "Corrupt JPEG data: premature end of data segment" >&2
            echo "Improper call to JPEG library in state 201" >&2
            echo "swav: something else" >&2
            echo "Corrupt JPEG data: 14 extraneous bytes before marker 0xd9" >&2
            exit 3
            """);
    assertThat(said)
        .contains("on the way", "swav: something else", "libjpeg warned 2 times", "exit 3")
        .doesNotContain("Corrupt JPEG", "Improper call");
  }

  @Test
  void speaksUtf8InACLocale() throws Exception {
    assertThat(run("echo \"locale $LC_ALL\"; echo \"oneDNN $TF_ENABLE_ONEDNN_OPTS\""))
        .contains("locale C.UTF-8");
  }

  private String run(String java) throws Exception {
    assumeThat(Files.isExecutable(Path.of("/bin/bash"))).isTrue();
    Path bin = Files.createDirectories(folder.resolve("java/bin"));
    Path script = Files.writeString(bin.resolve("java"), "#!/usr/bin/env bash\n" + java);
    Path launcher = Files.copy(LAUNCHER, folder.resolve("swav"));
    for (Path file : new Path[] {script, launcher}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    ProcessBuilder process =
        new ProcessBuilder("/bin/bash", "-c", launcher + " help; echo \"exit $?\"")
            .redirectErrorStream(true);
    process.environment().put("JAVA_HOME", folder.resolve("java").toString());
    process.environment().put("LC_ALL", "C");
    Process running = process.start();
    String said = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    running.waitFor();
    return said;
  }
}
