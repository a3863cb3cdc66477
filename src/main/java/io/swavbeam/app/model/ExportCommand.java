package io.swavbeam.app.model;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.training.ModelExport;
import java.nio.file.Path;
import java.util.List;

/** Turns the newest checkpoint of a run, finished or not, into a network for embedding. */
public final class ExportCommand implements Command {
  @Override
  public String name() {
    return "export";
  }

  @Override
  public String summary() {
    return "make the newest checkpoint of a run a model for embedding";
  }

  @Override
  public Class<ExportOptions> options() {
    return ExportOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    ExportOptions options = Options.parse(arguments, ExportOptions.class);
    Options.require(options.getRun(), "run");
    Path run = Options.path(options.getRun(), "run");
    ModelDescription model = ModelExport.export(run);
    console.say("model %s is in %s", model.id(), RunDirectory.savedModel(run));
  }
}
