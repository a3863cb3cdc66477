package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.embedding.EmbeddingConsole;
import io.swavbeam.app.runner.FlinkOptions;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.training.CheckpointOptions;
import io.swavbeam.app.training.TrainingConsole;
import io.swavbeam.app.training.TrainingSetup;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.run.TemporaryFolder;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.tensorflow.MatrixPeak;
import io.swavbeam.model.tensorflow.Processor;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.run.TrainingRun;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.beam.runners.core.construction.SerializablePipelineOptions;
import org.apache.beam.runners.direct.DirectOptions;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * The command {@code swav benchmark}, which measures the speed of this machine: crops, TensorFlow
 * alone with data from memory, and the whole pipeline. Figures to compare are measured directly
 * after each other, including those of PyTorch.
 */
public final class BenchmarkCommand extends Command<BenchmarkOptions> {
  /** The default preset, which the figures of the documentation are for. */
  private static final String PRESET = "cifar10";

  private static final String ALL = "all";
  private static final int WARM_UP = 10;
  private static final int EMBED_BATCH = 128;
  private static final int EMBED_BATCHES = 100;

  public BenchmarkCommand() {
    super(
        "benchmark",
        "measure this machine: TensorFlow alone, and the pipelines",
        BenchmarkOptions.class);
  }

  @Override
  protected void run(BenchmarkOptions options, Console console) throws Exception {
    if (options.getPresets() != null) {
      presets(options, console);
      return;
    }
    if (CpuLimit.of(options.getCpu()) != CpuLimit.NATIVE) {
      throw new UsageException("--cpu needs --presets");
    }
    Options.atLeast(options.getSteps(), WARM_UP, "steps");
    SwavConfig recipe = TrainingSetup.recipe(options, PRESET);
    TrainingSetup setup = TrainingSetup.of(options);
    console.say(
        "preset %s, batch %d, on %s in %s; %d processors",
        options.getPreset().equals(Hardware.AUTO) ? PRESET : options.getPreset(),
        recipe.batchSize(),
        setup.devices(),
        setup.precision(),
        Runtime.getRuntime().availableProcessors());
    console.say("%s", Hardware.describe(setup.devices()));
    console.say(
        "matrix peak                            %7.0f GFLOP/s in float32%s",
        MatrixPeak.measure(setup.devices(), TFloat32.class),
        setup.devices().areCpus() && Processor.ofThisMachine().bfloat16IsForbidden()
            ? ""
            : ", %.0f in bfloat16".formatted(MatrixPeak.measure(setup.devices(), TBfloat16.class)));
    try (TemporaryFolder temporary = new TemporaryFolder("swav-benchmark")) {
      Path folder = temporary.path();
      PyTorch peer = options.getPeer() ? PyTorch.find(folder) : null;
      Figures figures = new Figures(peer, setup.precision(), console);
      crops("photographs", Presets.load("imagenet"), 500, 375, folder, figures);
      crops("small images", Presets.load("cifar10"), 32, 32, folder, figures);
      double bareStep =
          BareStep.measure(
              recipe, setup.precision(), setup.devices(), WARM_UP, options.getSteps(), () -> {});
      String steps = "--steps=" + options.getSteps();
      figures.say("training step alone, fed from memory", bareStep, "step", recipe, steps);
      new TransportBenchmark(photographs(recipe), folder, console).run();
      if (options.getInput() == null) {
        return;
      }
      String input = options.getInput().get(0);
      // A copy, because training and embedding need different options of Flink.
      BenchmarkOptions training =
          new SerializablePipelineOptions(new SerializablePipelineOptions(options).toString())
              .get()
              .as(BenchmarkOptions.class);
      training.setRecipeValues(options.getRecipeValues()); // not in the JSON of options
      Window window = train(training, recipe, setup, folder.resolve("run"));
      figures.say(
          "training, from files to weights",
          window.imagesPerSecond(),
          "training",
          recipe,
          input,
          steps);
      console.say(
          "  of the step alone %.0f %%; the trainer waited %.1f %%",
          100 * window.imagesPerSecond() / bareStep, 100 * window.waiting());
      Precision precision =
          SavedNetwork.PRECISIONS.contains(setup.precision())
              ? setup.precision()
              : Precision.FLOAT32;
      double bareInference = bareInference(folder.resolve("run"), precision);
      figures.say("inference alone, on decoded pixels", bareInference, "inference", recipe);
      double embedding = embed(options, folder, precision);
      figures.say("embedding, from files to Parquet, all", embedding, "embedding", recipe, input);
      console.say("  of inference alone %.0f %%", 100 * embedding / bareInference);
      allowed(folder, setup.devices(), bareInference, embedding, console);
    }
  }

  private static void presets(BenchmarkOptions options, Console console) throws Exception {
    CpuLimit cpu = CpuLimit.of(options.getCpu());
    if (!options.getPreset().equals(Hardware.AUTO)
        || options.getInput() != null
        || options.getSteps() != BenchmarkOptions.STEPS) {
      throw new UsageException(
          "--presets measures steps only, and chooses their number: leave --preset, --input and --steps out");
    }
    if (!TrainingSetup.recipe(options, PRESET).equals(Presets.load(PRESET))) {
      throw new UsageException(
          "--presets takes recipes as they are: leave out the options that change them, or give files");
    }
    if (!options.getDevice().matches("auto|cpu")) {
      throw new UsageException("--presets measures processors: leave --device out");
    }
    List<String> presets =
        options.getPresets().equals(List.of(ALL)) ? Presets.NAMES : options.getPresets();
    for (String preset : presets) {
      try {
        Presets.load(preset);
      } catch (InvalidConfigException e) {
        throw new UsageException("--presets: " + e.getMessage());
      }
    }
    Processor processor = Processor.ofThisMachine();
    console.say("%s%s", processor, cpu == CpuLimit.NATIVE ? "" : ", limited to " + cpu);
    List<Precision> precisions = new ArrayList<>();
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
      if (!options.getPrecision().equals(Hardware.AUTO)
          && Hardware.precision(options.getPrecision(), Devices.cpu()) != precision) {
        continue;
      }
      if (precision == Precision.BFLOAT16
          && (cpu != CpuLimit.NATIVE || !processor.multipliesBfloat16())) {
        console.say("no rows in bfloat16: these instruction sets do not multiply it");
        continue;
      }
      precisions.add(precision);
    }
    if (precisions.isEmpty()) {
      throw new CommandFailedException(
          "nothing is left to measure: leave --precision=%s out".formatted(options.getPrecision()));
    }
    try (TemporaryFolder temporary = new TemporaryFolder("swav-benchmark")) {
      Path folder = temporary.path();
      PyTorch peer = options.getPeer() ? PyTorch.find(folder) : null;
      new PresetTable(cpu, peer, folder, console).print(presets, precisions);
    }
  }

  /** Prints figures, with those of PyTorch if it is measured. */
  private record Figures(@Nullable PyTorch peer, Precision precision, Console console) {
    void say(String what, double ours, String theirs, SwavConfig recipe, String... more)
        throws IOException, InterruptedException {
      if (peer == null) {
        console.say("%-38s %7.1f images/s", what, ours);
        return;
      }
      double other = peer.measure(theirs, recipe, precision, Map.of(), more);
      console.say(
          "%-38s %7.1f images/s; PyTorch %7.1f, ratio %.2f", what, ours, other, ours / other);
    }
  }

  private static void crops(
      String of, SwavConfig recipe, int width, int height, Path folder, Figures figures)
      throws Exception {
    Path images = CropBenchmark.draw(folder.resolve(of), width, height);
    figures.say(
        "crops of %s, one thread".formatted(of),
        CropBenchmark.measure(recipe, images),
        "crops",
        recipe,
        images.toString());
  }

  /**
   * Returns a recipe with batch shards for photographs: 2 crops of 224 and 6 of 96 pixels, of 32
   * images each.
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
        1,
        1);
  }

  private static Window train(
      BenchmarkOptions options, SwavConfig recipe, TrainingSetup setup, Path run) throws Exception {
    Window window = new Window();
    TrainerSettings trainer = TrainingSetup.trainer(options.as(CheckpointOptions.class));
    DecodingConfig decoding = Options.decoding(options, DecodingConfig.DEFAULT);
    FlinkSetup.prepareTraining(options.as(FlinkOptions.class));
    TrainingConsole.run(
        TrainingRun.of(recipe, options.getInput(), run)
            .withMicroBatchesByMemory(TrainingSetup.hasMicroBatchesByMemory(options))
            .withPrecision(setup.precision())
            .withDevices(setup.devices())
            .withAlpha(decoding.alpha())
            .withDecode(decoding.decode())
            .withLimits(Options.limits(options))
            .withSteps(WARM_UP + options.getSteps())
            .withSplits(options.as(DirectOptions.class).getTargetParallelism())
            .withTrainerSettings(trainer)
            .withListener(window),
        options,
        Console.SILENT);
    return window;
  }

  /** Rates after the warm-up. The trainer reports ten steps at a time. */
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
      try (TUint8 image = BareStep.noise(new Random(1), side, side, 3)) {
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

  /** Prints the rate that the cores allow if all of them are always busy. */
  private static void allowed(
      Path folder, Devices devices, double bareInference, double embedding, Console console)
      throws IOException {
    if (!devices.areCpus()) {
      return; // the network does not run on the cores
    }
    int cores = Runtime.getRuntime().availableProcessors();
    EmbeddingCost cost = new EmbeddingCost(Folder.of(folder.resolve("embeddings")));
    ModelDescription model = Embedder.describe(folder.resolve("run"));
    double network = cores / bareInference;
    double decoding = cost.decoding(model);
    double writing = cost.writing(model, folder);
    double allowed = cores / (network + decoding + writing);
    console.say(
        "  core milliseconds per image: network %.2f, decoding %.2f, Parquet %.2f: %d cores allow %.0f images/s, embedding is at %.0f %%",
        1e3 * network, 1e3 * decoding, 1e3 * writing, cores, allowed, 100 * embedding / allowed);
  }

  private static double embed(BenchmarkOptions options, Path folder, Precision precision)
      throws Exception {
    FlinkSetup.prepare(options.as(FlinkOptions.class));
    return EmbeddingConsole.run(
            EmbeddingRun.of(
                EmbedImages.ofImages(folder.resolve("run").toString())
                    .withPrecision(precision)
                    .withBatchSize(EMBED_BATCH),
                new ImageSource.Archive(options.getInput()),
                Folder.of(folder.resolve("embeddings"))),
            options,
            Console.SILENT)
        .imagesPerSecond();
  }

  private static double rate(long images, long start) {
    return images / ((System.nanoTime() - start) / 1e9);
  }
}
