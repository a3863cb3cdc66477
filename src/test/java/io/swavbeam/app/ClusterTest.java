package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Commands.Outcome;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code swav cluster start} where it cannot start one. */
@Tag("slow")
class ClusterTest {
  @RegisterExtension static final FlinkCluster OTHER = new FlinkCluster();

  @TempDir private Path folder;

  private Outcome start(String... more) {
    return Commands.swav(
        "cluster", "start", "--folder=" + folder.resolve("cluster"), more[0], more[1]);
  }

  private void assertNothingIsLeft() throws Exception {
    Path folder = this.folder.resolve("cluster");
    assertThat(folder.resolve("pids")).doesNotExist();
    assertThat(ProcessHandle.allProcesses())
        .noneMatch(process -> process.info().commandLine().orElse("").contains(folder.toString()));
  }

  @Test
  void refusesThePortOfAnotherCluster() throws Exception {
    String port = OTHER.master().replaceAll(".*:", "");
    Outcome outcome = start("--restPort=" + port, "--taskManagers=2");
    assertThat(outcome.err()).contains("port " + port + " is taken").hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertNothingIsLeft();
    assertThat(folder.resolve("cluster")).doesNotExist();
  }

  @Test
  void refusesThePortOfSomethingElse() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Outcome outcome = start("--restPort=" + socket.getLocalPort(), "--taskManagers=1");
      assertThat(outcome.err())
          .contains("port " + socket.getLocalPort() + " is taken")
          .hasLineCount(1);
      assertThat(outcome.exitCode()).isEqualTo(1);
    }
    assertNothingIsLeft();
  }

  /** Its JobManager cannot use this folder for temporary files. */
  @Test
  void aProcessThatEndsEndsTheStart() throws Exception {
    Files.createDirectories(folder.resolve("cluster"));
    Files.writeString(folder.resolve("cluster/checkpoints"), "a file in the way");
    Outcome outcome = start("--slots=1", "--heapMegabytes=256");
    if (outcome.exitCode() == 0) {
      Commands.swav("cluster", "stop", "--folder=" + folder.resolve("cluster"));
    }
    assertThat(outcome.err()).contains("a process of the cluster has ended: see").hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertNothingIsLeft();
  }
}
