package io.swavbeam.app;

import io.swavbeam.app.evaluation.LabelledEmbeddings;
import io.swavbeam.app.evaluation.WeightedKnn;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.training.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Judges embeddings by a weighted nearest-neighbour classifier. */
final class EvaluateCommand implements Command {
  /** The result, as it is written. */
  record Result(
      double knnAccuracy, int neighbours, double temperature, int trainImages, int testImages) {}

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "classify labelled embeddings by their nearest neighbours";
  }

  @Override
  public Class<EvaluateOptions> options() {
    return EvaluateOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    EvaluateOptions options = Options.parse(arguments, EvaluateOptions.class);
    Options.require(options.getTrain(), "train");
    Options.atLeast(options.getNeighbours(), 1, "neighbours");
    if (options.getTemperature() <= 0) {
      throw new UsageException("--temperature must be positive");
    }
    if (options.getTest() == null && !(options.getHoldOut() > 0 && options.getHoldOut() < 1)) {
      throw new UsageException("--holdOut must be between 0 and 1");
    }
    evaluate(options, console);
  }

  static Result evaluate(EvaluateOptions options, Console console) throws IOException {
    Path train = Path.of(options.getTrain());
    LabelledEmbeddings.Split split =
        options.getTest() == null
            ? LabelledEmbeddings.readAndHoldOut(train, options.getHoldOut())
            : new LabelledEmbeddings.Split(
                LabelledEmbeddings.read(train),
                LabelledEmbeddings.read(Path.of(options.getTest())));
    if (split.train().size() == 0 || split.test().size() == 0) {
      throw new IOException(
          "there are too few embeddings to evaluate: %d to vote, %d to classify"
              .formatted(split.train().size(), split.test().size()));
    }
    if (split.train().features().get(0).length != split.test().features().get(0).length) {
      throw new IOException("--train and --test are embeddings of different width");
    }
    double accuracy =
        new WeightedKnn(options.getNeighbours(), options.getTemperature())
            .accuracy(split.train(), split.test());
    Result result =
        new Result(
            accuracy,
            options.getNeighbours(),
            options.getTemperature(),
            split.train().size(),
            split.test().size());
    console.say(
        "kNN accuracy %.2f %% (k %d, temperature %s, cosine; %,d images classified by %,d)",
        100 * accuracy,
        result.neighbours(),
        result.temperature(),
        result.testImages(),
        result.trainImages());
    if (options.getOutput() != null) {
      AtomicFiles.write(Path.of(options.getOutput()), ConfigJson.write(result));
    }
    return result;
  }
}
