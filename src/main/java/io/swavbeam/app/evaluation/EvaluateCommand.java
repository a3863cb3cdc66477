package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.ResourceUse;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.Prototypes;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Judges embeddings: classifiers on top of them, their clusters, how they are spread. */
public final class EvaluateCommand implements Command {
  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "judge embeddings and clusters by the field's numbers";
  }

  @Override
  public Class<EvaluateOptions> options() {
    return EvaluateOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console)
      throws UsageException, CommandFailedException, IOException {
    EvaluateOptions options = Options.parse(arguments, EvaluateOptions.class);
    Options.require(options.getTrain(), "train");
    Evaluation evaluation = evaluation(options);
    Path output = options.getOutput() == null ? null : Options.outputFile(options.getOutput());
    ResourceUse use = new ResourceUse();
    ConsoleProgress progress = new ConsoleProgress(console);
    Folder folder = Folder.of(options.getTrain());
    EmbeddingSample train = EmbeddingSample.read(folder, options.getSample(), progress);
    EmbeddingSample test =
        options.getTest() == null
            ? null
            : EmbeddingSample.read(Folder.of(options.getTest()), options.getSample(), progress);
    if (test != null && !test.model().equals(train.model())) {
      throw new CommandFailedException(
          "--train holds embeddings of model %s, --test of %s: they have to be of one"
              .formatted(train.model(), test.model()));
    }
    if (test != null && test.dimensions() != train.dimensions()) {
      throw new CommandFailedException(
          "--train holds embeddings of %d features, --test of %d, under one model id: embed one of them again"
              .formatted(train.dimensions(), test.dimensions()));
    }
    Integer prototypes =
        options.getRun() == null
            ? train.prototypes()
            : Prototypes.of(Options.path(options.getRun(), "run"), train.model(), folder);
    Metrics metrics = evaluation.judge(train, test, prototypes, progress);
    new MetricsTable(console).say(metrics);
    if (output != null) {
      AtomicFiles.write(output, ConfigJson.write(metrics));
    }
    console.say("took %s", use);
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
