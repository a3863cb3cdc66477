package io.swavbeam.pipelines.training;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import org.apache.beam.sdk.coders.VoidCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PDone;

/**
 * A transform that feeds a trainer until it has received all batch shards of its run.
 *
 * <pre>
 * TrainingSteps  emits the numbers of batch shards, a window ahead of the trainer
 * Reshuffle      distributes them, a few bytes each
 * CropShard      reads images, crops them, and sends the batch shard
 * </pre>
 *
 * <p>The result of training does not depend on the runner, the parallelism, retries or restarts.
 * Every batch shard is a function of its number, and the trainer applies each exactly once and in
 * order.
 */
@AutoValue
public abstract class TrainSwav extends PTransform<PBegin, PDone> {
  abstract RunConfig run();

  abstract TrainerEndpoint trainer();

  abstract int splits();

  abstract ImageLimits limits();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setRun(RunConfig run);

    abstract Builder setTrainer(TrainerEndpoint trainer);

    abstract Builder setSplits(int splits);

    abstract Builder setLimits(ImageLimits limits);

    abstract TrainSwav build();
  }

  /**
   * Creates the transform.
   *
   * @param run the run
   * @param trainer the trainer of the run
   * @throws IllegalArgumentException if the run has another version of the decoding
   */
  public static TrainSwav of(RunConfig run, TrainerEndpoint trainer) {
    if (run.decoding().version() != DecodingConfig.CURRENT) {
      throw new IllegalArgumentException(
          "pictures of the run are decoded by %s, not by this version".formatted(run.decoding()));
    }
    return new AutoValue_TrainSwav.Builder()
        .setRun(run)
        .setTrainer(trainer)
        .setSplits(1)
        .setLimits(ImageLimits.DEFAULT)
        .build();
  }

  /**
   * Sets the number of parallel parts of the source. The number of workers of the runner is best.
   *
   * @param splits at least 1
   */
  public TrainSwav withSplits(int splits) {
    if (splits < 1) {
      throw new IllegalArgumentException("there must be at least one split, not " + splits);
    }
    return toBuilder().setSplits(splits).build();
  }

  /** Sets limits on images. Larger images are dead letters. */
  public TrainSwav withLimits(ImageLimits limits) {
    return toBuilder().setLimits(limits).build();
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder
        .add(DisplayData.item("run", run().id()).withLabel("Run"))
        .add(DisplayData.item("steps", run().steps()).withLabel("Steps"))
        .add(DisplayData.item("splits", splits()).withLabel("Parts of the source"));
  }

  @Override
  public PDone expand(PBegin input) {
    input
        .apply(
            "TrainingSteps", new TrainingSteps(trainer(), run().recipe().shardsPerStep(), splits()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("CropShard", ParDo.of(new CropShardFn(run(), trainer(), limits())))
        .setCoder(VoidCoder.of());
    return PDone.in(input.getPipeline());
  }
}
