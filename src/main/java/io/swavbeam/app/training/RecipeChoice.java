package io.swavbeam.app.training;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.pipelines.trainer.protocol.RequestedRecipe;
import io.swavbeam.pipelines.training.TrainingImages;
import io.swavbeam.pipelines.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The recipe of {@code --preset=auto}: that of the run that is there, else one by what the images
 * are and what computes. Values that other options give are in it.
 */
final class RecipeChoice implements TrainingRun.Recipe {
  private final TrainOptions options;
  private final TrainingSetup setup;
  private final Path run;
  private final ImageLimits limits;
  private final Console console;

  RecipeChoice(TrainOptions options, TrainingSetup setup, Path run, Console console)
      throws UsageException {
    this.options = options;
    this.setup = setup;
    this.run = run;
    this.limits = Options.limits(options);
    this.console = console;
  }

  @Override
  public SwavConfig of(TrainingImages found) throws IOException {
    if (RunDirectory.isClaimed(run)) {
      return TrainingSetup.overridden(RunDirectory.readConfig(run).recipe(), options);
    }
    SwavConfig chosen =
        new RequestedRecipe.Chosen(ImageSample.of(found, limits), TrainingSetup.changes(options))
            .on(
                setup.devices(),
                setup.precision(),
                null,
                reasons -> reasons.forEach(reason -> console.say("%s", reason)));
    return setup.divided(chosen, options, run, options.getWindow());
  }
}
