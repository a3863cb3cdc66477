package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.embedding.EmbedCommand;
import io.swavbeam.app.training.TrainCommand;
import io.swavbeam.app.training.TrainingSetup;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.graph.TrainingSchedule;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.tensorflow.MatrixPeak;
import io.swavbeam.model.tensorflow.Sessions;
import io.swavbeam.model.training.TrainingListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * Prints what this machine does: TensorFlow alone, fed from memory, and the whole pipeline around
 * it. The two are measured one after the other, so that they compare.
 */
public final class BenchmarkCommand implements Command {
  private static final int WARM_UP = 10;
  private static final int EMBED_BATCH = 128;
  private static final int EMBED_BATCHES = 100;

  @Override
  public String name() {
    return "benchmark";
  }

  @Override
  public String summary() {
    return "measure this machine: TensorFlow alone, and the pipelines";
  }

  @Override
  public Class<BenchmarkOptions> options() {
    return BenchmarkOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    BenchmarkOptions options = Options.parse(arguments, BenchmarkOptions.class);
    Options.atLeast(options.getSteps(), WARM_UP, "steps");
    TrainingSetup setup = TrainingSetup.of(options);
    console.say(
        "preset %s, batch %d, on %s in %s; %d processors, %d TensorFlow threads",
        options.getPreset(),
        setup.recipe().batchSize(),
        setup.devices(),
        setup.precision(),
        Runtime.getRuntime().availableProcessors(),
        Sessions.threads());
    console.say(
        "matrix peak                            %7.0f GFLOP/s in float32, %.0f in bfloat16",
        MatrixPeak.measure(setup.devices(), TFloat32.class),
        MatrixPeak.measure(setup.devices(), TBfloat16.class));
    double bareStep = bareStep(setup, options.getSteps());
    console.say("training step alone, fed from memory   %7.1f images/s", bareStep);
    Path folder = Files.createTempDirectory("swav-benchmark");
    try {
      new TransportBenchmark(photographs(setup.recipe()), folder, console).run();
      if (options.getInput() == null) {
        return;
      }
      train(arguments, options.getSteps(), folder, bareStep, console);
      Precision precision =
          SavedNetwork.PRECISIONS.contains(setup.precision())
              ? setup.precision()
              : Precision.FLOAT32;
      double bareInference = bareInference(folder.resolve("run"), precision);
      console.say("inference alone, on decoded pixels     %7.1f images/s", bareInference);
      embed(arguments, options, folder, precision, bareInference, console);
    } finally {
      AtomicFiles.delete(folder);
    }
  }

  /**
   * Batch shards as they are for photographs: 2 crops of 224 and 6 of 96 pixels, of 32 images each.
   */
  private static SwavConfig photographs(SwavConfig recipe) {
    return new SwavConfig(
        recipe.network(),
        Presets.load("imagenet").crops(),
        recipe.augmentation(),
        recipe.loss(),
        new QueueConfig(0, 0),
        recipe.optimizer(),
        recipe.evaluation(),
        32,
        1);
  }

  private static double bareStep(TrainingSetup setup, int steps) {
    SwavConfig recipe = setup.recipe();
    List<List<TUint8>> crops = new ArrayList<>();
    Random random = new Random(1);
    for (int shard = 0; shard < recipe.shardsPerStep(); shard++) {
      List<TUint8> groups = new ArrayList<>();
      for (CropSpec spec : recipe.crops()) {
        groups.add(noise(random, spec.count(), recipe.shardSize(), spec.size(), spec.size(), 3));
      }
      crops.add(groups);
    }
    // All of them in one epoch: the queue does not begin among them, which would be another graph.
    long images = (long) (WARM_UP + steps) * recipe.batchSize();
    TrainingSchedule schedule =
        new TrainingSchedule(
            new RunConfig(recipe, setup.precision(), 1, WARM_UP + steps, images, ""));
    try (TrainingGraph graph = new TrainingGraph(recipe, setup.precision(), 1, setup.devices())) {
      long start = 0;
      for (int step = 0; step < WARM_UP + steps; step++) {
        if (step == WARM_UP) {
          start = System.nanoTime();
        }
        graph.step(crops, schedule.at(step));
      }
      return rate((long) steps * recipe.batchSize(), start);
    } finally {
      crops.forEach(shard -> shard.forEach(TUint8::close));
    }
  }

  private static void train(
      List<String> arguments, int steps, Path folder, double bareStep, Console console)
      throws Exception {
    Window window = new Window();
    List<String> training = new ArrayList<>(arguments);
    training.removeIf(argument -> argument.startsWith("--steps="));
    training.add("--output=" + folder.resolve("run"));
    training.add("--steps=" + (WARM_UP + steps));
    new TrainCommand(any -> window).run(training, Console.SILENT);
    console.say(
        "training, from files to weights        %7.1f images/s, %.0f %%; the trainer waited %.1f %%",
        window.imagesPerSecond(),
        100 * window.imagesPerSecond() / bareStep,
        100 * window.waiting());
  }

  /** Rates after the warm-up; the trainer reports over ten steps at a time. */
  private static final class Window implements TrainingListener {
    private double seconds;
    private double waited;
    private double images;

    @Override
    public synchronized void onStep(StepReport report) {
      if ((report.step() + 1) % WARM_UP == 0 && report.step() + 1 > WARM_UP) {
        double tenSteps = WARM_UP * report.secondsPerStep();
        seconds += tenSteps;
        waited += report.waiting() * tenSteps;
        images += report.imagesPerSecond() * tenSteps;
      }
    }

    synchronized double imagesPerSecond() {
      return images / seconds;
    }

    synchronized double waiting() {
      return waited / seconds;
    }
  }

  private static double bareInference(Path run, Precision precision) {
    try (Embedder embedder = Embedder.load(run, precision);
        Embedder.Batch batch = embedder.batch(EMBED_BATCH)) {
      int side = embedder.description().evaluation().imageSize();
      try (TUint8 image = noise(new Random(1), side, side, 3)) {
        long start = 0;
        for (int i = 0; i < WARM_UP + EMBED_BATCHES; i++) {
          if (i == WARM_UP) {
            start = System.nanoTime();
          }
          while (!batch.isFull()) {
            batch.add(image);
          }
          batch.embed();
        }
        return rate((long) EMBED_BATCH * EMBED_BATCHES, start);
      }
    }
  }

  /** With Flink in this process, say, for its overhead. */
  private static boolean isOfRunner(String argument) {
    return argument.matches("--(runner|parallelism|targetParallelism)=.*");
  }

  private static void embed(
      List<String> arguments,
      BenchmarkOptions options,
      Path folder,
      Precision precision,
      double bareInference,
      Console console)
      throws Exception {
    EmbedCommand embed = new EmbedCommand();
    List<String> embedding =
        new ArrayList<>(
            List.of(
                "--model=" + folder.resolve("run"),
                "--input=" + String.join(",", options.getInput()),
                "--output=" + folder.resolve("embeddings"),
                "--precision=" + precision,
                "--batchSize=" + EMBED_BATCH));
    arguments.stream().filter(BenchmarkCommand::isOfRunner).forEach(embedding::add);
    embed.run(embedding, Console.SILENT);
    console.say(
        "embedding, from files to Parquet       %7.1f images/s, %.0f %%, start and end included",
        embed.imagesPerSecond(), 100 * embed.imagesPerSecond() / bareInference);
  }

  private static TUint8 noise(Random random, long... shape) {
    TUint8 tensor = TUint8.tensorOf(Shape.of(shape));
    byte[] bytes = new byte[Math.toIntExact(tensor.size())];
    random.nextBytes(bytes);
    tensor.asRawTensor().data().write(bytes);
    return tensor;
  }

  private static double rate(long images, long start) {
    return images / ((System.nanoTime() - start) / 1e9);
  }
}
