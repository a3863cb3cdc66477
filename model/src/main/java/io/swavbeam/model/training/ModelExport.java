package io.swavbeam.model.training;

import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.Checkpoints;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TrainingFailedException;
import java.io.IOException;
import java.nio.file.Path;

/** Turns the newest checkpoint of a run into a network for embedding. */
public final class ModelExport {
  private ModelExport() {}

  /**
   * Writes {@code saved_model/} of a run, which may be in training meanwhile.
   *
   * @param directory of the run
   * @return what was exported
   * @throws TrainingFailedException if there is no checkpoint yet
   */
  public static ModelDescription export(Path directory) throws IOException {
    RunConfig run = RunDirectory.readConfig(directory);
    Checkpoints.Saved newest =
        Checkpoints.newest(RunDirectory.checkpoints(directory))
            .orElseThrow(
                () ->
                    new TrainingFailedException(
                        "%s has no checkpoint yet: train first".formatted(directory)));
    ModelDescription description =
        new ModelDescription(
            run.modelId(newest.step()),
            run.recipe().evaluation(),
            run.recipe().loss().temperature(),
            run.recipe().network().prototypes(),
            run.decoding(),
            run.recipe().network(),
            null);
    Path folder = RunDirectory.savedModel(directory);
    AtomicFiles.writeFolder(
        folder,
        unfinished ->
            SavedNetwork.export(
                (session, parameters) -> session.restore(newest.variables().toString()),
                description,
                unfinished));
    return description;
  }
}
