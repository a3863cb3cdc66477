package io.swavbeam.app;

import io.swavbeam.app.cluster.LocalCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A real cluster of processes, two TaskManagers with two slots each, for the tests of a class. */
final class FlinkCluster implements BeforeAllCallback, AfterAllCallback {
  private final Deque<Process> replacements = new ArrayDeque<>();
  private Path folder;
  private LocalCluster cluster;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    // Beside the reports of the tests, so that its logs are there when one fails.
    folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "flink-");
    cluster =
        LocalCluster.start(
            new LocalCluster.Shape(folder.toAbsolutePath(), Commands.classPath(), 2, 2, 640, 0));
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    LocalCluster.stop(folder.toAbsolutePath());
  }

  /** For {@code --flinkMaster}. */
  String master() {
    return cluster.master();
  }

  /** What the REST interface says, where it does. */
  Optional<String> get(String path) throws IOException {
    return cluster.get(path);
  }

  /** Cancels a job and waits until it has ended. */
  void cancel(String job) throws Exception {
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + master() + "/jobs/" + job))
                .method("PATCH", HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.discarding());
    await(
        "the end of a job",
        () ->
            get("/jobs")
                .orElse("")
                .contains("\"id\":\"%s\",\"status\":\"CANCELED\"".formatted(job)));
  }

  /** Kills a TaskManager without a warning, and starts another one. */
  void replaceTaskManager() throws IOException {
    kill(replacements.isEmpty() ? taskManager() : replacements.remove().toHandle());
    replacements.add(cluster.startTaskManager());
  }

  /** Kills all TaskManagers, so that whatever runs is hit, and starts as many others. */
  void replaceTaskManagers() throws IOException {
    List<String> pids = Files.readAllLines(folder.resolve("pids"));
    int count = 0;
    for (String pid : pids.subList(1, pids.size())) { // the JobManager was started first
      if (ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::destroyForcibly).orElse(false)) {
        count++;
      }
    }
    replacements.forEach(Process::destroyForcibly);
    replacements.clear();
    for (int i = 0; i < Math.max(2, count); i++) {
      replacements.add(cluster.startTaskManager());
    }
  }

  private static void kill(ProcessHandle process) {
    if (!process.destroyForcibly()) {
      throw new IllegalStateException("there is no such process");
    }
  }

  private ProcessHandle taskManager() throws IOException {
    // The JobManager was started first.
    long pid = Long.parseLong(Files.readAllLines(folder.resolve("pids")).get(1));
    return ProcessHandle.of(pid).orElseThrow();
  }

  /** Waits until a condition holds. */
  static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(20))
        .until(condition);
  }
}
