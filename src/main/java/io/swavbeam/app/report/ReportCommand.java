package io.swavbeam.app.report;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.ResourceUse;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.evaluation.Evaluation;
import io.swavbeam.app.evaluation.Metrics;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.Prototypes;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Shows what a model learned, on one page. */
public final class ReportCommand implements Command {
  @Override
  public String name() {
    return "report";
  }

  @Override
  public String summary() {
    return "show what a model learned, on one page";
  }

  @Override
  public Class<ReportOptions> options() {
    return ReportOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console)
      throws UsageException, CommandFailedException, IOException {
    ReportOptions options = Options.parse(arguments, ReportOptions.class);
    Options.require(options.getEmbeddings(), "embeddings");
    Options.atLeast(options.getSample(), 2, "sample");
    Options.atLeast(options.getPoints(), 1, "points");
    Options.atLeast(options.getGalleries(), 1, "galleries");
    Path output = Options.outputFile(options.getOutput());
    Folder embeddings = Folder.of(options.getEmbeddings());
    Path run = options.getRun() == null ? null : Options.path(options.getRun(), "run");
    ResourceUse use = new ResourceUse();
    ConsoleProgress progress = new ConsoleProgress(console);
    EmbeddingSample sample = EmbeddingSample.read(embeddings, options.getSample(), progress);
    Integer prototypes =
        run == null ? sample.prototypes() : Prototypes.of(run, sample.model(), embeddings);
    Metrics metrics = Evaluation.STANDARD.judge(sample, null, prototypes, progress);
    Report.Content content =
        new Report(options.getPoints(), options.getGalleries(), Options.fields(options))
            .gather(sample, metrics, run, progress);
    AtomicFiles.write(output, HtmlReport.write(content));
    content.data().missing().forEach((part, why) -> console.say("without %s: %s", part, why));
    content.data().notes().forEach(note -> console.say("note: %s", note));
    console.say("the report is in %s; it took %s", output, use);
  }
}
