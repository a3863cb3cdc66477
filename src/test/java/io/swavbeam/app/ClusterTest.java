package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Commands.Outcome;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
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

  @Test
  void aProcessThatEndsEndsTheStart() throws Exception {
    CompletableFuture<Outcome> starting =
        CompletableFuture.supplyAsync(() -> start("--slots=1", "--taskManagers=1"));
    Path pids = folder.resolve("cluster/pids");
    FlinkCluster.await("its processes", () -> Files.exists(pids) && Files.size(pids) > 0);
    long jobManager = Long.parseLong(Files.readAllLines(pids).get(0));
    ProcessHandle.of(jobManager).orElseThrow().destroyForcibly();
    Outcome outcome = starting.get();
    assertThat(outcome.err()).contains("a process of the cluster has ended: see").hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertNothingIsLeft();
  }
}
