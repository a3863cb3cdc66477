package io.swavbeam.app.report;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.ResourceUse;
import io.swavbeam.app.evaluation.Evaluation;
import io.swavbeam.app.evaluation.Metrics;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.Prototypes;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A task that writes the report about a folder of embeddings.
 *
 * @param report the limits of the report
 * @param sample the largest number of embeddings to read
 * @param run the run directory of the model, or null
 */
public record ReportRun(Report report, Folder embeddings, int sample, @Nullable Path run) {
  /**
   * Writes the report, and prints its path.
   *
   * @param output the HTML file
   */
  public void run(Path output, Console console) throws CommandFailedException, IOException {
    ResourceUse use = new ResourceUse();
    ConsoleProgress progress = new ConsoleProgress(console);
    EmbeddingSample read = EmbeddingSample.read(embeddings, sample, progress);
    Integer prototypes =
        run == null ? read.prototypes() : Prototypes.of(run, read.model(), embeddings);
    Metrics metrics = Evaluation.STANDARD.judge(read, null, prototypes, progress);
    Report.Content content = report.gather(read, metrics, run, progress);
    AtomicFiles.write(output, HtmlReport.write(content));
    content.data().missing().forEach((part, why) -> console.say("without %s: %s", part, why));
    content.data().notes().forEach(note -> console.say("note: %s", note));
    console.say("the report is in %s; it took %s", output, use);
  }
}
