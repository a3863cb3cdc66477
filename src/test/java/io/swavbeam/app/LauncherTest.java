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

  private Outcome run(String java) throws Exception {
    return Launcher.in(folder, java).run(Map.of("LC_ALL", "C"), List.of(), "help");
  }
}
