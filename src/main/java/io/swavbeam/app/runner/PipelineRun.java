package io.swavbeam.app.runner;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.app.command.Signals;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.jvm.ThreadPriorities;
import io.swavbeam.pipelines.trainer.TrainerRestartedException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.flink.util.FlinkException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;

/** Runs a pipeline to its end on any runner. */
public final class PipelineRun {
  /** The message of Flink if a savepoint has steps that the job lacks. */
  private static final String OTHER_STATE = "Cannot map checkpoint/savepoint state";

  private static final Duration BETWEEN_PROGRESS = Duration.standardSeconds(3);

  /** Called every few seconds. */
  public interface Progress {
    void show(PipelineResult result) throws IOException;
  }

  private PipelineRun() {}

  /**
   * Runs a pipeline. On a cluster, it first waits for jobs of the same name. Then it prints the id
   * of the job and what the job waits for, and cancels it at a signal.
   *
   * @return the result after the end
   * @throws CommandFailedException in one line, if it failed for a reason that the user can fix
   */
  @SuppressWarnings("try") // the registration is held, not used
  public static PipelineResult run(Pipeline pipeline, Console console, Progress progress)
      throws CommandFailedException {
    if (!FlinkSetup.isCluster(pipeline.getOptions())) {
      return watch(pipeline, null, progress);
    }
    ClusterJob job = new ClusterJob(pipeline.getOptions(), console);
    job.requireSlots(pipeline.getOptions().as(FlinkPipelineOptions.class).getParallelism());
    try (Signals.Registration registration = Signals.add(job)) {
      job.awaitOthers(pipeline.getOptions().getJobName());
      return watch(pipeline, job, progress);
    }
  }

  /** Waits for jobs of the same name, if the pipeline runs on a cluster. */
  public static void awaitOthers(PipelineOptions options, Console console)
      throws CommandFailedException {
    if (FlinkSetup.isCluster(options)) {
      new ClusterJob(options, console).awaitOthers(options.getJobName());
    }
  }

  private static PipelineResult watch(
      Pipeline pipeline, @Nullable ClusterJob job, Progress progress)
      throws CommandFailedException {
    PipelineResult result = null;
    try {
      result = ThreadPriorities.run(pipeline);
      if (job != null) {
        job.submitted(pipeline.getOptions().getJobName(), result);
      }
      PipelineResult.State state = null;
      while (state == null || !state.isTerminal()) {
        state = result.waitUntilFinish(BETWEEN_PROGRESS);
        if (job != null && (state == null || !state.isTerminal())) {
          job.show();
        }
        progress.show(result);
      }
      if (state != PipelineResult.State.DONE) {
        String cause =
            job == null || state != PipelineResult.State.FAILED ? "" : job.cause().orElse("");
        throw new CommandFailedException(
            "the pipeline ended in state %s%s%s"
                .formatted(state, cause.isEmpty() ? "" : ": " + cause, whereToLook(pipeline)));
      }
      return result;
    } catch (IOException e) {
      cancel(result);
      throw new CommandFailedException(Remedies.line(e));
    } catch (RuntimeException e) {
      cancel(result);
      throw explained(e, pipeline);
    }
  }

  /** Cancels a job. A job on a cluster would continue without the command. */
  private static void cancel(@Nullable PipelineResult result) throws CommandFailedException {
    if (result == null || result.getState().isTerminal()) {
      return;
    }
    try {
      result.cancel();
    } catch (IOException e) {
      throw new CommandFailedException("the job cannot be cancelled: " + e.getMessage());
    }
  }

  private static String whereToLook(Pipeline pipeline) {
    return FlinkSetup.isCluster(pipeline.getOptions())
        ? "; see http://%s"
            .formatted(pipeline.getOptions().as(FlinkPipelineOptions.class).getFlinkMaster())
        : "";
  }

  /** Returns the known cause of an exception, or throws the exception, which is a bug. */
  private static CommandFailedException explained(RuntimeException e, Pipeline pipeline) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof TrainerRestartedException restarted) {
        throw restarted; // the caller runs the pipeline again
      }
      if (cause instanceof KnownError) {
        return new CommandFailedException(Remedies.line(cause));
      }
      if (cause instanceof FileSystemException file) {
        String why = file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
        return new CommandFailedException("%s: %s".formatted(file.getFile(), why));
      }
      if (cause instanceof FlinkException) {
        return ofCluster(
            RootCause.line(cause), pipeline.getOptions().as(FlinkPipelineOptions.class));
      }
      if (cause instanceof IOException) {
        return new CommandFailedException(cause.getMessage());
      }
    }
    throw e;
  }

  private static CommandFailedException ofCluster(String why, FlinkPipelineOptions options) {
    if (why.contains(OTHER_STATE)) {
      return new CommandFailedException(
          "--savepointPath=%s is of another pipeline, or of another version of swav: let that job end, and begin without it; existing output is not written again"
              .formatted(options.getSavepointPath()));
    }
    return new CommandFailedException(
        "the cluster at %s does not run the job: %s".formatted(options.getFlinkMaster(), why));
  }

  /** Returns the value of a counter; 0 before it counts. */
  public static long counter(PipelineResult result, String namespace, String name) {
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.named(namespace, name)).build();
    long sum = 0;
    for (MetricResult<Long> counter : result.metrics().queryMetrics(filter).getCounters()) {
      sum += counter.getAttempted();
    }
    return sum;
  }
}
