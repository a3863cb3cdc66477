package io.swavbeam.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.KnownException;
import io.swavbeam.model.run.TrainingFailedException;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.joda.time.Duration;
import org.junit.jupiter.api.Test;

class PipelineRunTest {
  /** A cluster reports an error as the text of a stack trace. */
  @Test
  void anErrorThatIsToldHasItsKind() {
    TrainingFailedException diverged =
        new TrainingFailedException(ErrorKind.DIVERGED, "/a b", "it has diverged");
    assertThatThrownBy(
            () ->
                PipelineRun.DEFAULT.run(
                    Pipeline.create(),
                    () -> {
                      throw new IllegalStateException("Job failed: Caused by: " + diverged);
                    }))
        .isInstanceOf(KnownException.class)
        .hasMessage("it has diverged")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.DIVERGED);
  }

  @Test
  void whatIsNoLongerWatchedIsCancelled() {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setBlockOnRun(false);
    RememberedPipeline pipeline = new RememberedPipeline(options);
    pipeline.apply(GenerateSequence.from(0).withRate(100, Duration.standardSeconds(1)));
    assertThatThrownBy(
            () ->
                PipelineRun.DEFAULT.run(
                    pipeline,
                    () -> {
                      throw new IllegalStateException("not watched any more");
                    }))
        .hasMessage("not watched any more");
    assertThat(pipeline.result.getState()).isEqualTo(PipelineResult.State.CANCELLED);
  }

  private static final class RememberedPipeline extends Pipeline {
    private PipelineResult result;

    RememberedPipeline(PipelineOptions options) {
      super(options);
    }

    @Override
    public PipelineResult run() {
      result = super.run();
      return result;
    }
  }
}
