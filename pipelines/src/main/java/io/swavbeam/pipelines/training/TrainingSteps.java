package io.swavbeam.pipelines.training;

import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.StripeReceiver;
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
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * The numbers of all stripes of a run that the trainer has not applied yet, in order, and never
 * more than the trainer's window ahead of it. Ends when every stripe is out.
 *
 * <p>It asks the trainer where to begin, so a pipeline that is started again after a crash goes on
 * where training stands. Instead of blocking outside of the window it resumes a little later:
 * blocking would take the workers that are to make the stripes it waits for.
 */
final class TrainingSteps extends PTransform<PBegin, PCollection<Long>> {
  private static final int SHARDS = 2;

  private final TrainerEndpoint trainer;
  private final int stripesPerStep;

  TrainingSteps(TrainerEndpoint trainer, int stripesPerStep) {
    this.trainer = trainer;
    this.stripesPerStep = stripesPerStep;
  }

  @Override
  public PCollection<Long> expand(PBegin input) {
    List<Integer> shards = IntStream.range(0, SHARDS).boxed().toList();
    return input
        .apply("Shards", Create.of(shards).withCoder(VarIntCoder.of()))
        .apply("Emit", ParDo.of(new Emit(trainer, stripesPerStep)))
        .setCoder(VarLongCoder.of());
  }

  /** Shard s emits the stripes s, s + SHARDS, s + 2 SHARDS, and so on. */
  @UnboundedPerElement
  static final class Emit extends DoFn<Integer, Long> {
    private static final Duration RESUME_DELAY = Duration.millis(20);

    private final TrainerEndpoint endpoint;
    private final int stripesPerStep;
    private transient StripeReceiver trainer;

    Emit(TrainerEndpoint endpoint, int stripesPerStep) {
      this.endpoint = endpoint;
      this.stripesPerStep = stripesPerStep;
    }

    @Setup
    public void setup() {
      trainer = endpoint.connect();
    }

    @GetInitialRestriction
    public OffsetRange initialRestriction(@Element Integer shard) {
      long stripes = endpoint.connect().progress().steps() * stripesPerStep;
      return new OffsetRange(0, Math.max(0, (stripes - shard + SHARDS - 1) / SHARDS));
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
        @Element Integer shard,
        RestrictionTracker<OffsetRange, Long> tracker,
        OutputReceiver<Long> output)
        throws InterruptedException {
      Progress progress = trainer.progress();
      long next = tracker.currentRestriction().getFrom();
      while (true) {
        long stripe = next * SHARDS + shard;
        long step = stripe / stripesPerStep;
        if (step >= progress.windowEnd() && step < progress.steps()) {
          progress = trainer.progress();
          if (step >= progress.windowEnd()) {
            // Some runners do not honour the delay below.
            Thread.sleep(1);
            return ProcessContinuation.resume().withResumeDelay(RESUME_DELAY);
          }
        }
        if (!tracker.tryClaim(next)) {
          return ProcessContinuation.stop();
        }
        if (step >= progress.nextStep()) {
          output.outputWithTimestamp(stripe, Instant.now());
        }
        next++;
      }
    }
  }
}
