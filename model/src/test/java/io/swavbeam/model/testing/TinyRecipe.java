package io.swavbeam.model.testing;

import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.LossConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.config.OptimizerConfig.Cosine;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import java.util.List;

/** A recipe whose steps take milliseconds. */
public final class TinyRecipe {
  /** A recipe with four images per step in one batch shard. */
  public static final SwavConfig RECIPE =
      new SwavConfig(
          new NetworkConfig(
              "four-conv", 64, 16, 8, 5, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
          List.of(new CropSpec(2, 12, 0.3, 1), new CropSpec(2, 8, 0.1, 0.4)),
          new AugmentationConfig(0.5, 0.8, 0.5, 0.2, 0.5),
          new LossConfig(0.1, 0.05, 3, List.of(0, 1)),
          new QueueConfig(0, 0),
          new OptimizerConfig(Algorithm.ADAM, 1e-3, 0, 2, 0, 0, Cosine.PER_STEP, 1e-4, 1, 2),
          new EvaluationConfig(16, 16),
          4,
          1,
          1);

  private TinyRecipe() {}

  /** Returns a run of {@link #RECIPE}. */
  public static RunConfig run(long steps, long images) {
    return new RunConfig(RECIPE, Precision.FLOAT32, 1, steps, images, "tiny");
  }
}
