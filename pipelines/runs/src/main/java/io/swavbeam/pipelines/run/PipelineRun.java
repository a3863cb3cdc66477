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
   * On the runner that the pipeline's options name, until the pipeline has ended; if that is waited
   * for no longer, it is cancelled. Beam's DirectRunner and Flink's wait themselves where their
   * options {@code blockOnRun} and {@code attachedMode} are not false: then nothing is done
   * meanwhile, observers hear of what is done at the end, and whoever interrupts the thread has to
   * cancel a job of Flink.
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

  /** The known error that an exception of a runner wraps, or tells; the exception if none does. */
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
   * Runs it.
   *
   * @param meanwhile to be called now and then until it has ended
   * @throws Exception if it has failed; the run that the pipeline is a part of throws the same. On
   *     the runner of the options, it is the {@link KnownError} that made the pipeline fail, if one
   *     did.
   */
  void run(Pipeline pipeline, Meanwhile meanwhile) throws Exception;

  /** An action to repeat while a pipeline runs. */
  @FunctionalInterface
  interface Meanwhile {
    /** Runs the action, if it is due. */
    void next() throws IOException;
  }
}
