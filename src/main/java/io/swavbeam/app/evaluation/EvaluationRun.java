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
 * Judges folders of embeddings.
 *
 * @param train whose labelled images vote, are learned from and, without {@code test}, in part
 *     classified
 * @param test whose images are classified; or null
 * @param sample embeddings of a folder that are read, at most
 * @param run directory of the model's run, which knows its prototypes; or null
 */
public record EvaluationRun(
    Evaluation evaluation, Folder train, @Nullable Folder test, int sample, @Nullable Path run) {
  /** Embeddings that are read where nobody says otherwise. */
  public static final int SAMPLE = 100_000;

  /**
   * Judges, and says what came of it.
   *
   * @param output file of the numbers, or null
   * @throws CommandFailedException in one line, if the folders' embeddings cannot be compared
   */
  public void run(@Nullable Path output, Console console)
      throws CommandFailedException, IOException {
    ResourceUse use = new ResourceUse();
    ConsoleProgress progress = new ConsoleProgress(console);
    EmbeddingSample trained = EmbeddingSample.read(train, sample, progress);
    EmbeddingSample tested = test == null ? null : EmbeddingSample.read(test, sample, progress);
    if (tested != null && !tested.model().equals(trained.model())) {
      throw new CommandFailedException(
          "--train holds embeddings of model %s, --test of %s: they have to be of one"
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
