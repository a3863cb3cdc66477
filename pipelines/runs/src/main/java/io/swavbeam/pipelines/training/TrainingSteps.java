package io.swavbeam.pipelines.training;

import io.swavbeam.model.training.Progress;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.UnboundedPerElement;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.splittabledofn.ManualWatermarkEstimator;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Instant;

/**
 * A transform that emits the numbers of all batch shards that the trainer has not applied yet, in
 * order, at most the window of the trainer ahead of it. Ends when the trainer has applied all of
 * them.
 *
 * <p>It asks the trainer where to begin, so a restarted pipeline continues where training stands.
 * Outside of the window it pauses briefly and resumes later. If it blocked until the window moves,
 * it could occupy the workers that have to compute the missing batch shards.
 */
final class TrainingSteps extends PTransform<PBegin, PCollection<Long>> {
  private final TrainerEndpoint trainer;
  private final int shardsPerStep;
  private final int splits;

  TrainingSteps(TrainerEndpoint trainer, int shardsPerStep, int splits) {
    this.trainer = trainer;
    this.shardsPerStep = shardsPerStep;
    this.splits = splits;
  }

  @Override
  public PCollection<Long> expand(PBegin input) {
    List<Integer> numbers = IntStream.range(0, splits).boxed().toList();
    return input
        .apply("Splits", Create.of(numbers).withCoder(VarIntCoder.of()))
        .apply("Emit", ParDo.of(new EmitFn(trainer, shardsPerStep, splits)))
        .setCoder(VarLongCoder.of());
  }

  /** Split s of n emits the batch shards s, s + n, s + 2 n, and so on. */
  @UnboundedPerElement
  static final class EmitFn extends DoFn<Integer, Long> {
    // The pause while batch shards are being computed. Other elements need this thread.
    private static final long SHORT_PAUSE_MILLIS = 10;
    // The pause while the window is full. There is nothing to do until the trainer has applied a
    // step.
    private static final long MAX_PAUSE_MILLIS = 1000;

    private final TrainerEndpoint endpoint;
    private final int shardsPerStep;
    private final int splits;
    private transient TrainerConnection trainer;

    EmitFn(TrainerEndpoint endpoint, int shardsPerStep, int splits) {
      this.endpoint = endpoint;
      this.shardsPerStep = shardsPerStep;
      this.splits = splits;
    }

    @Setup
    public void setup() {
      trainer = endpoint.connect();
    }

    @Teardown
    public void teardown() {
      if (trainer != null) {
        trainer.close();
      }
    }

    @GetInitialRestriction
    public OffsetRange initialRestriction(@Element Integer split) {
      try (TrainerConnection connection = endpoint.connect()) {
        long shards = connection.progress().steps() * shardsPerStep;
        long own = Math.max(0, (shards - split + splits - 1) / splits);
        // One more position stands for the end. It is claimed when the trainer has finished.
        return new OffsetRange(0, own + 1);
      }
    }

    @GetRestrictionCoder
    public OffsetRange.Coder restrictionCoder() {
      return OffsetRange.Coder.of();
    }

    @NewTracker
    public RestrictionTracker<OffsetRange, Long> tracker(@Restriction OffsetRange range) {
      return new OrderedTracker(range);
    }

    @GetInitialWatermarkEstimatorState
    public Instant initialWatermark() {
      return BoundedWindow.TIMESTAMP_MIN_VALUE;
    }

    @NewWatermarkEstimator
    public ManualWatermarkEstimator<Instant> watermark(@WatermarkEstimatorState Instant state) {
      return new WatermarkEstimators.Manual(state);
    }

    @ProcessElement
    public ProcessContinuation process(
        @Element Integer split,
        RestrictionTracker<OffsetRange, Long> tracker,
        OutputReceiver<Long> output)
        throws InterruptedException {
      Progress progress = trainer.progress();
      long next = tracker.currentRestriction().getFrom();
      while (true) {
        long shard = next * splits + split;
        long step = shard / shardsPerStep;
        if (step >= progress.windowEnd() && !progress.done()) {
          progress = trainer.progress();
          if (step >= progress.windowEnd() && !progress.done()) {
            // Also after the last batch shard: until it has finished, the trainer may need batch
            // shards again that it lost in a crash. Waits here, because Flink may ignore the resume
            // delay, and the DirectRunner would keep a core busy. Each resume costs milliseconds.
            if (progress.windowFull()) {
              trainer.awaitProgress(progress, MAX_PAUSE_MILLIS);
            } else {
              Thread.sleep(SHORT_PAUSE_MILLIS);
            }
            return ProcessContinuation.resume();
          }
        }
        if (!tracker.tryClaim(next)) {
          return ProcessContinuation.stop();
        }
        if (step >= progress.nextStep() && step < progress.steps()) {
          output.outputWithTimestamp(shard, Instant.now());
        }
        next++;
      }
    }
  }
}
