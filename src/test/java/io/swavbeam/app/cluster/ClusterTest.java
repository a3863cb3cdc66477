package io.swavbeam.app.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.KafkaBroker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code swav cluster start} with failures, and with a part of the cluster running. */
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

  private static void kill(String pid) {
    ProcessHandle process = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
  }

  @Test
  void refusesThePortOfAnotherCluster() throws Exception {
    String port = OTHER.master().replaceAll(".*:", "");
    Outcome outcome = start("--restPort=" + port, "--taskManagers=2");
    assertThat(outcome.err()).contains("port " + port + " is in use").hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertNothingIsLeft();
    assertThat(folder.resolve("cluster")).doesNotExist();
  }

  @Test
  void refusesThePortOfSomethingElse() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Outcome outcome = start("--restPort=" + socket.getLocalPort(), "--taskManagers=1");
      assertThat(outcome.err())
          .contains("port " + socket.getLocalPort() + " is in use")
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

  /** A second start replaces dead TaskManagers. A third one has nothing to do. */
  @Test
  void replacesTaskManagersThatHaveDied() throws Exception {
    String port = "--restPort=" + KafkaBroker.freePort();
    assertThat(start(port, "--taskManagers=2").err()).isEmpty();
    Path pids = folder.resolve("cluster/pids");
    List<String> first = Files.readAllLines(pids);
    kill(first.get(1));

    Outcome again = start(port, "--taskManagers=2");
    assertThat(again.err()).isEmpty();
    assertThat(again.out()).contains("2 TaskManagers with 1 slots each");
    List<String> second = Files.readAllLines(pids);
    assertThat(second).hasSize(4).startsWith(first.toArray(String[]::new));
    assertThat(second.stream().map(Long::parseLong).map(ProcessHandle::of))
        .filteredOn(process -> process.map(ProcessHandle::isAlive).orElse(false))
        .hasSize(3);
    assertThat(start(port, "--taskManagers=2").err()).isEmpty();
    assertThat(Files.readAllLines(pids)).isEqualTo(second);
    assertThat(start(port, "--slots=3").err())
        .contains("another --slots (1): stop it first")
        .hasLineCount(1);

    // Without its JobManager, the cluster is restarted.
    kill(first.get(0));
    assertThat(start(port, "--taskManagers=1").err()).isEmpty();
    assertThat(Files.readAllLines(pids)).hasSize(2).doesNotContainAnyElementsOf(second);
    assertThat(Commands.swav("cluster", "stop", "--folder=" + folder.resolve("cluster")).out())
        .contains("stopped 2 processes");
    assertNothingIsLeft();
  }
}
