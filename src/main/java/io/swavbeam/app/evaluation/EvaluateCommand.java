package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The command {@code swav evaluate}, which evaluates embeddings: classifiers, clusters, and the
 * distribution of features.
 */
public final class EvaluateCommand extends Command<EvaluateOptions> {
  public EvaluateCommand() {
    super("evaluate", "evaluate embeddings and clusters", EvaluateOptions.class);
  }

  @Override
  protected void run(EvaluateOptions options, Console console)
      throws UsageException, CommandFailedException, IOException {
    Options.require(options.getTrain(), "train");
    Evaluation evaluation = evaluation(options);
    Path output = options.getOutput() == null ? null : Options.outputFile(options.getOutput());
    new EvaluationRun(
            evaluation,
            Folder.of(options.getTrain()),
            options.getTest() == null ? null : Folder.of(options.getTest()),
            options.getSample(),
            options.getRun() == null ? null : Options.path(options.getRun(), "run"))
        .run(output, console);
  }

  private static Evaluation evaluation(EvaluateOptions options) throws UsageException {
    List<Integer> neighbours =
        options.getNeighbours() == null
            ? Evaluation.STANDARD.neighbours()
            : options.getNeighbours();
    for (int k : neighbours) {
      Options.atLeast(k, 1, "neighbours");
    }
    Options.atLeast(options.getSample(), 2, "sample");
    if (options.getTemperature() <= 0) {
      throw new UsageException("--temperature must be positive");
    }
    if (options.getProbeC() <= 0) {
      throw new UsageException("--probeC must be positive");
    }
    if (!(options.getHoldOut() > 0 && options.getHoldOut() < 1)) {
      throw new UsageException("--holdOut must be between 0 and 1");
    }
    LinearProbe.Settings standard = LinearProbe.Settings.DEFAULT;
    return new Evaluation(
        neighbours,
        options.getTemperature(),
        options.getHoldOut(),
        new LinearProbe.Settings(
            options.getProbeC(), standard.maxIterations(), standard.tolerance()));
  }
}
