package io.swavbeam.pipelines.run;

import java.io.IOException;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.joda.time.Duration;

/** Runs a pipeline until it has ended. */
@FunctionalInterface
public interface PipelineRun {
  /** On the runner that the pipeline's options name. */
  PipelineRun DEFAULT =
      (pipeline, meanwhile) -> {
        PipelineResult result = pipeline.run();
        PipelineResult.State state = null;
        while (state == null || !state.isTerminal()) {
          state = result.waitUntilFinish(Duration.standardSeconds(3));
          meanwhile.next();
        }
        if (state != PipelineResult.State.DONE) {
          throw new IOException("the pipeline ended in state " + state);
        }
      };

  /**
   * Runs it.
   *
   * @param meanwhile to be called now and then until it has ended
   * @throws Exception if it has failed; the run that the pipeline is a part of throws the same
   */
  void run(Pipeline pipeline, Meanwhile meanwhile) throws Exception;

  /** What is to be done while a pipeline runs. */
  @FunctionalInterface
  interface Meanwhile {
    /** Does it, if it is time. */
    void next() throws IOException;
  }
}
