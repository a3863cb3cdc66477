package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.ResourceUse;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.Prototypes;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Evaluates folders of embeddings.
 *
 * @param train the folder for training and, without {@code test}, partly for testing
 * @param test the folder of the test set, or null
 * @param sample the largest number of embeddings to read of a folder
 * @param run the run directory of the model with the prototypes, or null
 */
public record EvaluationRun(
    Evaluation evaluation, Folder train, @Nullable Folder test, int sample, @Nullable Path run) {
  /** The default of the largest number of embeddings to read. */
  public static final int SAMPLE = 100_000;

  /**
   * Evaluates, and prints the result.
   *
   * @param output the file for the result, or null
   * @throws CommandFailedException in one line, if the embeddings of the folders cannot be compared
   */
  public void run(@Nullable Path output, Console console)
      throws CommandFailedException, IOException {
    ResourceUse use = new ResourceUse();
    ConsoleProgress progress = new ConsoleProgress(console);
    EmbeddingSample trained = EmbeddingSample.read(train, sample, progress);
    EmbeddingSample tested = test == null ? null : EmbeddingSample.read(test, sample, progress);
    if (tested != null && !tested.model().equals(trained.model())) {
      throw new CommandFailedException(
          "--train holds embeddings of model %s, --test of %s: both must be of the same model"
              .formatted(trained.model(), tested.model()));
    }
    if (tested != null && tested.dimensions() != trained.dimensions()) {
      throw new CommandFailedException(
          "--train holds embeddings of %d features, --test of %d, under one model id: embed one of them again"
              .formatted(trained.dimensions(), tested.dimensions()));
    }
    Integer prototypes =
        run == null ? trained.prototypes() : Prototypes.of(run, trained.model(), train);
    Metrics metrics = evaluation.judge(trained, tested, prototypes, progress);
    new MetricsTable(console).say(metrics);
    if (output != null) {
      AtomicFiles.write(output, ConfigJson.write(metrics));
    }
    console.say("took %s", use);
  }
}
