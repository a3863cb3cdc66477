package io.swavbeam.pipelines.testing;

import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.run.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** A run of two tiny steps, for tests that need a model. */
public final class TrainedModel {
  private TrainedModel() {}

  /**
   * Trains a model.
   *
   * @return the run directory, in the folder
   */
  public static Path in(Path folder) throws Exception {
    Path tar = Files.write(folder.resolve("train.tar"), TestArchives.tar(8));
    Path run = folder.resolve("run");
    TrainingRun.of(TinyRecipe.RECIPE, List.of(tar.toString()), run)
        .withSteps(2)
        .run(PipelineOptionsFactory.create());
    return run;
  }
}
