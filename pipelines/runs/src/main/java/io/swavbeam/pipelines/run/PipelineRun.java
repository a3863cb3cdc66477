package io.swavbeam.pipelines.run;

import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.ToldException;
import io.swavbeam.pipelines.jvm.ThreadPriorities;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.joda.time.Duration;

/** Runs a pipeline until it has ended. */
@FunctionalInterface
public interface PipelineRun {
  /**
   * Runs the pipeline on the runner of its options, and waits until it has ended. If the thread is
   * interrupted, the pipeline is cancelled. If the options {@code blockOnRun} of Beam's
   * DirectRunner or {@code attachedMode} of Flink are not false, the runner waits itself: then the
   * action is run only at the end, and an interrupted caller has to cancel a job of Flink.
   */
  PipelineRun DEFAULT = PipelineRun::runToTheEnd;

  private static void runToTheEnd(Pipeline pipeline, Meanwhile meanwhile) throws Exception {
    PipelineResult result = null;
    PipelineResult.State state = null;
    try {
      result = ThreadPriorities.run(pipeline);
      while (state == null || !state.isTerminal()) {
        state = result.waitUntilFinish(Duration.standardSeconds(3));
        meanwhile.next();
      }
    } catch (RuntimeException e) {
      throw known(e);
    } finally {
      if (result != null && !result.getState().isTerminal()) {
        result.cancel();
      }
    }
    if (state != PipelineResult.State.DONE) {
      throw new IOException("the pipeline ended in state " + state);
    }
  }

  /**
   * Returns the known error that an exception of a runner wraps or reports; otherwise the
   * exception.
   */
  private static Exception known(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof KnownError && cause instanceof Exception known) {
        return known;
      }
    }
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    return trace
        .toString()
        .lines()
        .flatMap(line -> ToldException.in(line).stream())
        .map(Exception.class::cast)
        .findFirst()
        .orElse(e);
  }

  /**
   * Runs a pipeline.
   *
   * @param meanwhile an action to repeat until the pipeline has ended
   * @throws Exception if the pipeline has failed; the run that it belongs to throws the same. With
   *     the runner of the options, it is the {@link KnownError} that made the pipeline fail, if
   *     there is one
   */
  void run(Pipeline pipeline, Meanwhile meanwhile) throws Exception;

  /** An action to repeat while a pipeline runs. */
  @FunctionalInterface
  interface Meanwhile {
    /** Runs the action, if it is due. */
    void next() throws IOException;
  }
}
