package io.swavbeam.app.report;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
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
    new ReportRun(
            new Report(options.getPoints(), options.getGalleries(), Options.fields(options)),
            Folder.of(options.getEmbeddings()),
            options.getSample(),
            options.getRun() == null ? null : Options.path(options.getRun(), "run"))
        .run(output, console);
  }
}
