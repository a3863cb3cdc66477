package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Commands.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher does around Java, which is a script here. */
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
        .contains("on the way", "swav: something else", "libjpeg warned 2 times")
        .doesNotContain("Corrupt JPEG", "Improper call");
  }

  @Test
  void speaksUtf8InACLocale() throws Exception {
    assertThat(run("echo \"locale $LC_ALL\"").out()).contains("locale C.UTF-8");
  }

  private Outcome run(String java) throws Exception {
    return Launcher.in(folder, java).run(Map.of("LC_ALL", "C"), List.of(), "help");
  }
}
