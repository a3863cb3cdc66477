package io.swavbeam.model.training;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.Checkpoints;
import io.swavbeam.model.run.LiteralFolder;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TrainingFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The export of the newest checkpoint of a run as a network for embedding. */
public final class ModelExport {
  private ModelExport() {}

  /**
   * Writes {@code saved_model/} of a run. The run may be in training meanwhile.
   *
   * @param directory directory of the run
   * @return the exported model
   * @throws TrainingFailedException if there is no checkpoint yet
   * @throws InvalidConfigException in one line, if the weights are not finite, or a later version
   *     has written the exported model
   */
  public static ModelDescription export(Path directory) throws IOException {
    RunConfig run = RunDirectory.readConfig(directory);
    Checkpoints.Saved newest =
        Checkpoints.newest(RunDirectory.checkpoints(directory))
            .orElseThrow(
                () ->
                    new TrainingFailedException(
                        "%s has no checkpoint yet: train first".formatted(directory)));
    Path folder = RunDirectory.savedModel(directory);
    boolean keepsId = hasId(folder, run.earlierModelId(newest.step()));
    ModelDescription[] exported = new ModelDescription[1];
    AtomicFiles.writeFolder(
        folder,
        unfinished ->
            exported[0] =
                SavedNetwork.export(
                    (session, parameters) -> LiteralFolder.restore(session, newest.variables()),
                    run.recipe().network(),
                    weights ->
                        describe(
                            run,
                            keepsId
                                ? run.earlierModelId(newest.step())
                                : run.modelId(newest.step(), weights)),
                    unfinished));
    return exported[0];
  }

  private static ModelDescription describe(RunConfig run, String id) {
    return new ModelDescription(
        id,
        run.recipe().evaluation(),
        run.recipe().loss().temperature(),
        run.recipe().network().prototypes(),
        run.decoding(),
        run.recipe().network(),
        null);
  }

  /**
   * Returns whether the exported model has an id of an earlier version. It keeps that id, because
   * embeddings name it.
   */
  private static boolean hasId(Path model, String id) {
    if (!Files.exists(model.resolve(ModelDescription.FILE))) {
      return false;
    }
    try {
      return Embedder.describe(model).id().equals(id);
    } catch (InvalidConfigException e) {
      if (e.kind() == ErrorKind.LATER_FORMAT) {
        throw e;
      }
      return false; // the export replaces a damaged description
    }
  }
}
