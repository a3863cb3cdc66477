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
 * The numbers of all stripes of a run that the trainer has not applied yet, in order, and never
 * more than the trainer's window ahead of it. Ends when the trainer has applied them all.
 *
 * <p>It asks the trainer where to begin, so a pipeline that is started again after a crash goes on
 * where training stands. Outside of the window it pauses for a moment and resumes later; blocking
 * until the window moves could take the very workers that have to make the stripes it waits for.
 */
final class TrainingSteps extends PTransform<PBegin, PCollection<Long>> {
  private final TrainerEndpoint trainer;
  private final int stripesPerStep;
  private final int shards;

  TrainingSteps(TrainerEndpoint trainer, int stripesPerStep, int shards) {
    this.trainer = trainer;
    this.stripesPerStep = stripesPerStep;
    this.shards = shards;
  }

  @Override
  public PCollection<Long> expand(PBegin input) {
    List<Integer> numbers = IntStream.range(0, shards).boxed().toList();
    return input
        .apply("Shards", Create.of(numbers).withCoder(VarIntCoder.of()))
        .apply("Emit", ParDo.of(new Emit(trainer, stripesPerStep, shards)))
        .setCoder(VarLongCoder.of());
  }

  /** Of n shards, shard s emits the stripes s, s + n, s + 2 n, and so on. */
  @UnboundedPerElement
  static final class Emit extends DoFn<Integer, Long> {
    // Stripes are on their way: others need this worker's thread.
    private static final long SHORT_PAUSE_MILLIS = 10;
    // The trainer has all it may have: until it has applied a step, nobody has anything to do.
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final TrainerEndpoint endpoint;
    private final int stripesPerStep;
    private final int shards;
    private transient TrainerConnection trainer;

    Emit(TrainerEndpoint endpoint, int stripesPerStep, int shards) {
      this.endpoint = endpoint;
      this.stripesPerStep = stripesPerStep;
      this.shards = shards;
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
    public OffsetRange initialRestriction(@Element Integer shard) {
      try (TrainerConnection connection = endpoint.connect()) {
        long stripes = connection.progress().steps() * stripesPerStep;
        long own = Math.max(0, (stripes - shard + shards - 1) / shards);
        // One more, which stands for the end: it is claimed when the trainer is done.
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
        @Element Integer shard,
        RestrictionTracker<OffsetRange, Long> tracker,
        OutputReceiver<Long> output)
        throws InterruptedException {
      Progress progress = trainer.progress();
      long next = tracker.currentRestriction().getFrom();
      while (true) {
        long stripe = next * shards + shard;
        long step = stripe / stripesPerStep;
        if (step >= progress.windowEnd() && !progress.done()) {
          progress = trainer.progress();
          if (step >= progress.windowEnd() && !progress.done()) {
            // Behind the last stripe too: until the trainer is done, it may need again what it lost
            // in a crash. Waiting here and not by a resume delay: Flink may ignore that, and the
            // DirectRunner would keep a core busy with looking at the clock. Each return costs
            // milliseconds.
            if (progress.windowFull()) {
              trainer.awaitProgress(progress, LONGEST_PAUSE_MILLIS);
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
          output.outputWithTimestamp(stripe, Instant.now());
        }
        next++;
      }
    }
  }
}
