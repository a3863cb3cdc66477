package io.swavbeam.app.model;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.export.OnnxExport;
import io.swavbeam.model.export.SafetensorsExport;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.training.ModelExport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The command {@code swav export}, which exports the newest checkpoint of a run as a model, or a
 * model as a file for other software.
 */
public final class ExportCommand extends Command<ExportOptions> {
  public ExportCommand() {
    super(
        "export",
        "export the newest checkpoint of a run, or a model for other software",
        ExportOptions.class);
  }

  @Override
  protected void run(ExportOptions options, Console console) throws Exception {
    Options.require(options.getRun(), "run");
    Path run = Options.path(options.getRun(), "run");
    switch (options.getFormat()) {
      case "saved_model" -> {
        if (options.getOutput() != null) {
          throw new UsageException("--format=saved_model goes into the run: leave out --output");
        }
        ModelDescription model = ModelExport.export(run);
        console.say("model %s is in %s", model.id(), RunDirectory.savedModel(run));
      }
      case "safetensors" -> write(run, options, SafetensorsExport::write, console);
      case "onnx" -> write(run, options, OnnxExport::write, console);
      default ->
          throw new UsageException(
              "unknown --format=%s: take saved_model, safetensors or onnx"
                  .formatted(options.getFormat()));
    }
  }

  /** Writes a model in another format. */
  private interface Writer {
    void write(Path model, OutputStream out) throws IOException;
  }

  private static void write(Path model, ExportOptions options, Writer writer, Console console)
      throws UsageException, IOException {
    Options.require(options.getOutput(), "output");
    Path file = Options.outputFile(options.getOutput());
    if (Files.isDirectory(RunDirectory.checkpoints(model))) {
      ModelExport.export(model); // exports the newest checkpoint
    }
    String id =
        Embedder.describe(model).id(); // fails before anything is written if there is no model
    AtomicFiles.write(file, out -> writer.write(model, out));
    console.say("model %s is in %s, %,d bytes", id, file, Files.size(file));
  }
}
