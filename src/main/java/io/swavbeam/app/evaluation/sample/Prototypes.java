package io.swavbeam.app.evaluation.sample;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.pipelines.storage.Folder;
import java.nio.file.Path;

/** A reader of the number of prototypes of a model from its run. */
public final class Prototypes {
  private Prototypes() {}

  /**
   * Returns the number of prototypes.
   *
   * @param model the id of the model of the embeddings
   * @throws CommandFailedException if it is of another run
   */
  public static Integer of(Path run, String model, Folder embeddings)
      throws CommandFailedException {
    RunConfig config = RunDirectory.readConfig(run);
    if (!config.made(model)) {
      throw new CommandFailedException(
          "%s holds embeddings of model %s, and --run=%s is run %s"
              .formatted(embeddings, model, run, config.id()));
    }
    return config.recipe().network().prototypes();
  }
}
