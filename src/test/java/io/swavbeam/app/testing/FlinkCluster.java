package io.swavbeam.app.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.cluster.LocalCluster;
import io.swavbeam.pipelines.storage.Stores;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real cluster for the tests of a class, with two TaskManagers of two slots in separate
 * processes. Jobs that still run after a test are cancelled, so that the next test finds free
 * slots.
 */
public final class FlinkCluster implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  private static final Pattern RUNNING =
      Pattern.compile("\"id\":\"([0-9a-f]{32})\",\"status\":\"(?:RUNNING|RESTARTING|CREATED)\"");

  private final Deque<Process> replacements = new ArrayDeque<>();
  private Path folder;
  private LocalCluster cluster;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    // Next to the reports of the tests, so that its logs are available after a failure.
    folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "flink-");
    cluster =
        LocalCluster.start(
            new LocalCluster.Shape(folder.toAbsolutePath(), Commands.classPath(), 2, 2, 640, 0));
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    Matcher running = running();
    while (running.find()) {
      cancel(running.group(1));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    LocalCluster.stop(folder.toAbsolutePath());
  }

  /** Returns the value of {@code --flinkMaster}. */
  public String master() {
    return cluster.master();
  }

  /** Returns the answer of the REST interface, if it answers. */
  public Optional<String> get(String path) throws IOException {
    return cluster.get(path);
  }

  private Matcher running() throws IOException {
    return RUNNING.matcher(get("/jobs").orElseThrow());
  }

  /** Returns the running job. */
  public String job() throws IOException {
    Matcher running = running();
    assertThat(running.find()).as("a running job").isTrue();
    return running.group(1);
  }

  /** Waits until the running job has completed a number of new checkpoints. */
  public void awaitCheckpoints(int more) throws Exception {
    String job = job();
    int before = completedCheckpoints(job);
    await("checkpoints of job " + job, () -> completedCheckpoints(job) >= before + more);
  }

  private int completedCheckpoints(String job) throws IOException {
    Matcher completed =
        Pattern.compile("\"completed\":(\\d+)")
            .matcher(get("/jobs/%s/checkpoints".formatted(job)).orElseThrow());
    return completed.find() ? Integer.parseInt(completed.group(1)) : 0;
  }

  /** Cancels the running job, and returns the path of its last checkpoint. */
  public String cancel() throws Exception {
    String job = job();
    cancel(job);
    Matcher path =
        Pattern.compile("\"external_path\":\"([^\"]+)\"")
            .matcher(get("/jobs/%s/checkpoints".formatted(job)).orElseThrow());
    // Replaced checkpoints are still listed, but deleted.
    return path.results()
        .map(result -> result.group(1))
        .filter(checkpoint -> Files.exists(Stores.path(checkpoint)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no checkpoint is left of job " + job));
  }

  /** Cancels a job and waits for its end. The job may have ended before. */
  private void cancel(String job) throws Exception {
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + master() + "/jobs/" + job))
                .method("PATCH", HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.discarding());
    Pattern ended =
        Pattern.compile("\"id\":\"%s\",\"status\":\"(?:CANCELED|FINISHED|FAILED)\"".formatted(job));
    await("the end of a job", () -> ended.matcher(get("/jobs").orElse("")).find());
  }

  /** Kills a TaskManager and starts another one. */
  public void replaceTaskManager() throws IOException {
    kill(replacements.isEmpty() ? taskManager() : replacements.remove().toHandle());
    replacements.add(cluster.startTaskManager());
  }

  /** Kills all TaskManagers and starts as many others. */
  public void replaceTaskManagers() throws IOException {
    List<String> pids = Files.readAllLines(folder.resolve("pids"));
    int count = 0;
    for (String pid : pids.subList(1, pids.size())) { // the first one is the JobManager
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
    // The first one is the JobManager.
    long pid = Long.parseLong(Files.readAllLines(folder.resolve("pids")).get(1));
    return ProcessHandle.of(pid).orElseThrow();
  }

  /**
   * Waits until a condition holds. A job that loads TensorFlow while another process trains takes
   * more than a minute until its first row.
   */
  public static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(20))
        .until(condition);
  }
}
