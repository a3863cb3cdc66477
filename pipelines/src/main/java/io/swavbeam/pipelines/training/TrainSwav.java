package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import org.apache.beam.sdk.coders.VoidCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PDone;

/**
 * Feeds a trainer until it has every stripe of its run.
 *
 * <pre>
 * TrainingSteps  numbers of stripes, a window ahead of the trainer
 * Reshuffle      spreads them, a few bytes each
 * CropStripe     reads, crops, hands over
 * </pre>
 *
 * <p>What the trainer ends with does not depend on the runner, the parallelism, retries or
 * restarts: every stripe is a function of its number, and the trainer applies each once and in
 * order.
 */
public final class TrainSwav extends PTransform<PBegin, PDone> {
  private final RunConfig run;
  private final TrainerEndpoint trainer;
  private final int shards;
  private final ImageLimits limits;

  /**
   * @param run what is trained
   * @param trainer of that run
   */
  public TrainSwav(RunConfig run, TrainerEndpoint trainer) {
    this(run, trainer, 1, ImageLimits.DEFAULT);
  }

  private TrainSwav(RunConfig run, TrainerEndpoint trainer, int shards, ImageLimits limits) {
    this.run = run;
    this.trainer = trainer;
    this.shards = shards;
    this.limits = limits;
  }

  /**
   * Parts of the source, which work in parallel; best as many as the runner has workers.
   *
   * @param newShards at least 1
   */
  public TrainSwav withShards(int newShards) {
    if (newShards < 1) {
      throw new IllegalArgumentException("there must be at least one shard, not " + newShards);
    }
    return new TrainSwav(run, trainer, newShards, limits);
  }

  /** The same with other limits on images; those beyond them are left out as dead letters. */
  public TrainSwav withLimits(ImageLimits newLimits) {
    return new TrainSwav(run, trainer, shards, newLimits);
  }

  @Override
  public PDone expand(PBegin input) {
    input
        .apply("TrainingSteps", new TrainingSteps(trainer, run.recipe().stripesPerStep(), shards))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("CropStripe", ParDo.of(new CropStripe(run, trainer, limits)))
        .setCoder(VoidCoder.of());
    return PDone.in(input.getPipeline());
  }
}
