package io.swavbeam.app.report;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;

/** The command {@code swav report}, which writes a page about a model and its embeddings. */
public final class ReportCommand extends Command<ReportOptions> {
  public ReportCommand() {
    super("report", "show what a model learned, on one page", ReportOptions.class);
  }

  @Override
  protected void run(ReportOptions options, Console console)
      throws UsageException, CommandFailedException, IOException {
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
