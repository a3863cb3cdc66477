package io.swavbeam.app.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.app.command.Signals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A job on a Flink cluster from the point of view of its command. It prints the id of the job and
 * what the job waits for, and cancels the job at a signal.
 */
final class ClusterJob implements Signals.Task {
  /** How long a job waits for slots before a line is printed. */
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  /** The interval between such lines. */
  private static final long AGAIN_NANOS = 10_000_000_000L;

  /** The shortest interval between lines about restarts. */
  private static final long FAILURES_NANOS = 60_000_000_000L;

  private static final String CAUSED_BY = "Caused by: ";
  private static final long PAUSE_MILLIS = 1_000;
  private static final Set<String> ENDED =
      Set.of("FINISHED", "CANCELED", "FAILED", "SUSPENDED", "");

  /** The states of tasks that have, or had, slots. */
  private static final Set<String> AT_WORK =
      Set.of("DEPLOYING", "INITIALIZING", "RUNNING", "FINISHED", "CANCELING");

  private final FlinkRest rest;
  private final Console console;
  private final boolean detached;
  private volatile @Nullable PipelineResult result;
  private volatile String id = "";
  private volatile String other = "";
  private long failureSaid;
  private long failureSaidAt = System.nanoTime() - FAILURES_NANOS;
  private long waitsSince;
  private long saidAt;

  ClusterJob(PipelineOptions options, Console console) {
    rest = new FlinkRest(options.as(FlinkPipelineOptions.class).getFlinkMaster());
    detached = options.as(FlinkOptions.class).getDetached();
    this.console = console;
  }

  /**
   * Fails if the parallelism exceeds the slots of the cluster. Accepts any parallelism if the
   * cluster starts its own TaskManagers, or has none yet.
   *
   * @param parallelism the requested parallelism; below 1 for the default of the cluster
   */
  void requireSlots(int parallelism) throws CommandFailedException {
    int slots = rest.json("/overview").path("slots-total").asInt();
    if (slots == 0 || parallelism <= slots || startsTaskManagers()) {
      return;
    }
    throw new CommandFailedException(
        "--parallelism=%d is more than the %d slots of the cluster at %s: give --parallelism=%d or start more TaskManagers"
            .formatted(parallelism, slots, rest.master(), slots));
  }

  private boolean startsTaskManagers() {
    for (JsonNode entry : rest.json("/jobmanager/config")) {
      if (entry.path("key").asText().matches("(kubernetes\\.cluster-id|yarn\\..*)")
          || entry.path("value").asText().equals("reactive")) {
        return true;
      }
    }
    return false;
  }

  /** Waits for the end of jobs of the same name, for example of a killed command. */
  void awaitOthers(String name) throws CommandFailedException {
    long said = 0;
    for (List<JsonNode> others = running(name); !others.isEmpty(); others = running(name)) {
      other = others.get(0).path("jid").asText();
      if (said == 0 || System.nanoTime() - said > AGAIN_NANOS) {
        said = System.nanoTime();
        console.say(
            "waiting for job %s of an earlier command with the same work; see %s",
            other, page(other));
      }
      pause();
    }
  }

  private static void pause() throws CommandFailedException {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException("interrupted while waiting for a job");
    }
  }

  /** Returns the jobs of a name that have not ended. */
  private List<JsonNode> running(String name) {
    List<JsonNode> running = new ArrayList<>();
    for (JsonNode job : jobs()) {
      if (job.path("name").asText().equals(name)) {
        running.add(job);
      }
    }
    return running;
  }

  private List<JsonNode> jobs() {
    List<JsonNode> jobs = new ArrayList<>();
    for (JsonNode job : rest.json("/jobs/overview").path("jobs")) {
      if (!ENDED.contains(job.path("state").asText())) {
        jobs.add(job);
      }
    }
    return jobs;
  }

  private String page(String job) {
    return rest.url("/#/job/running/" + job);
  }

  /** Sets the submitted job, and prints its id. */
  void submitted(String name, PipelineResult submitted) {
    result = submitted;
    long newest = Long.MIN_VALUE;
    for (JsonNode job : running(name)) {
      if (job.path("start-time").asLong() > newest) {
        newest = job.path("start-time").asLong();
        id = job.path("jid").asText();
      }
    }
    if (!id.isEmpty()) {
      console.say(
          "job %s; see %s%s", id, page(id), detached ? "; it continues if this command ends" : "");
    }
  }

  /** Prints the reasons of restarts, and what the job waits for. Called every few seconds. */
  void show() {
    if (!id.isEmpty()) {
      showRestart();
    }
    if (id.isEmpty() || !isWaiting()) {
      waitsSince = 0;
      return;
    }
    long now = System.nanoTime();
    waitsSince = waitsSince == 0 ? now : waitsSince;
    if (now - waitsSince < PATIENCE_NANOS || (saidAt != 0 && now - saidAt < AGAIN_NANOS)) {
      return;
    }
    saidAt = now;
    JsonNode overview = rest.json("/overview");
    List<String> others =
        jobs().stream()
            .filter(job -> !job.path("jid").asText().equals(id))
            .map(job -> "%s (%s)".formatted(job.path("jid").asText(), job.path("name").asText()))
            .toList();
    console.say(
        "the job waits for slots: %d of %d are free on %d TaskManagers%s",
        overview.path("slots-available").asInt(),
        overview.path("slots-total").asInt(),
        overview.path("taskmanagers").asInt(),
        others.isEmpty() ? "" : "; others run: " + String.join(", ", others));
  }

  private void showRestart() {
    JsonNode latest = latestFailure();
    long time = latest.path("timestamp").asLong();
    if (time > failureSaid && System.nanoTime() - failureSaidAt > FAILURES_NANOS) {
      failureSaid = time;
      failureSaidAt = System.nanoTime();
      console.say("the job has failed and is restarted: %s", line(latest));
    }
  }

  private JsonNode latestFailure() {
    return rest.json("/jobs/%s/exceptions?maxExceptions=1".formatted(id))
        .path("exceptionHistory")
        .path("entries")
        .path(0);
  }

  /**
   * Returns the reason of a failure in one line; empty if the job has not failed, or the cluster
   * does not answer.
   */
  Optional<String> cause() {
    JsonNode latest = id.isEmpty() ? MissingNode.getInstance() : latestFailure();
    return latest.isMissingNode() ? Optional.empty() : Optional.of(line(latest));
  }

  /** Returns the first known error in a stack trace, else the innermost cause without its class. */
  private static String line(JsonNode failure) {
    String trace = failure.path("stacktrace").asText();
    String innermost = trace.lines().findFirst().orElse("");
    for (String line : trace.lines().toList()) {
      String known = line.startsWith("\t") ? null : Remedies.ofTrace(line);
      if (known != null) {
        return known;
      }
      if (line.startsWith(CAUSED_BY)) {
        innermost = line.substring(CAUSED_BY.length());
      }
    }
    return innermost.replaceFirst("^[\\w.$]+(Exception|Error): ", "");
  }

  private boolean isWaiting() {
    boolean scheduled = false;
    for (JsonNode part : rest.json("/jobs/" + id).path("vertices")) {
      String status = part.path("status").asText();
      if (AT_WORK.contains(status)) {
        return false;
      }
      scheduled |= status.equals("SCHEDULED") || status.equals("CREATED");
    }
    return scheduled;
  }

  @Override
  public Optional<String> announcement() {
    if (result == null) {
      return other.isEmpty()
          ? Optional.empty()
          : Optional.of("job %s of an earlier command continues".formatted(other));
    }
    return Optional.of(
        detached
            ? "job %s continues: see %s".formatted(id, page(id))
            : "job %s is cancelled".formatted(id));
  }

  @Override
  public Optional<String> stop() {
    PipelineResult submitted = result;
    if (submitted == null || detached || submitted.getState().isTerminal()) {
      return Optional.empty();
    }
    try {
      submitted.cancel();
      return Optional.of("job %s has been cancelled".formatted(id));
    } catch (IOException e) {
      return Optional.of(
          "job %s cannot be cancelled (%s): see %s".formatted(id, e.getMessage(), page(id)));
    }
  }
}
