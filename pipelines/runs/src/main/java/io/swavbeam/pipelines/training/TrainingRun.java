package io.swavbeam.pipelines.training;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.ModelExport;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Stores;
import io.swavbeam.pipelines.trainer.InProcessTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A training run as one call: lists the images, begins a run or goes on with it, trains in this
 * process with crops from a pipeline, and exports the model.
 *
 * <pre>{@code
 * ModelDescription model =
 *     TrainingRun.of(Presets.load("cifar10"), List.of("photos.tar"), Path.of("runs/photos"))
 *         .withSteps(1000)
 *         .run(PipelineOptionsFactory.create());
 * }</pre>
 *
 * <p>The result depends on the images, the recipe, the seed, the number of steps and the precision
 * alone, and on the kernels and the number of TensorFlow's threads, which the run directory notes:
 * not on the runner, its parallelism, retries, or on how often the run was stopped. A run that was
 * stopped goes on when it is called again with the same values.
 *
 * <p>For workers in other processes, see {@code RemoteTrainer} and {@link TrainSwav}.
 */
@AutoValue
public abstract class TrainingRun {
  /** Runs a pipeline until it has ended. */
  @FunctionalInterface
  public interface PipelineRun {
    /**
     * Runs it.
     *
     * @throws Exception if it has failed; {@link TrainingRun#run} throws the same
     */
    void run(Pipeline pipeline) throws Exception;
  }

  /** Chooses what is trained, by the images. */
  @FunctionalInterface
  public interface Recipe {
    /**
     * Chooses; called once, before the run is begun or gone on with.
     *
     * @param found images, at least one
     */
    SwavConfig of(TrainingImages found) throws IOException;
  }

  /** Hears what is found and done before the first step. */
  public interface Observer {
    /** Hears nothing. */
    Observer SILENT = new Observer() {};

    /**
     * Called before a file that can only be read from its beginning is copied into the run
     * directory, once for each run.
     *
     * @param source the file
     * @param bytes of it, still compressed
     * @param folder of the copies
     */
    default void onCopy(String source, long bytes, Path folder) {}

    /** Called with the images, before it is known whether there are any. */
    default void onListed(TrainingImages images) {}

    /**
     * Called for each archive of a run that goes on, if it has another name than when the run
     * began. It holds the same bytes.
     */
    default void onRenamed(String earlier, String now) {}

    /** Called when there is something to train. */
    default void onBegin(RunConfig run, Devices devices) {}

    /** Called where steps are done already. */
    default void onResume(long step, long steps) {}

    /**
     * Called before the first step. The trainer may be stopped by any thread until the run has
     * ended, and is not the caller's to close.
     */
    default void onTrainer(Trainer trainer) {}
  }

  abstract Recipe recipe();

  @SuppressWarnings("AutoValueImmutableFields") // a list of Java's own, copied
  abstract List<String> inputs();

  /** The run directory. */
  public abstract Path output();

  /** Type of the backbone's activations. */
  public abstract Precision precision();

  abstract Devices devices();

  abstract long seed();

  abstract OptionalLong steps();

  abstract DecodingConfig decoding();

  abstract double maxUnreadable();

  /** What it begins with, in place of weights by the seed. */
  public abstract InitialModel init();

  abstract Optional<Folder> listings();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract int splits();

  abstract boolean resume();

  abstract Trainer.Options trainerOptions();

  abstract TrainingListener listener();

  abstract Observer observer();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setRecipe(Recipe recipe);

    abstract Builder setInputs(List<String> inputs);

    abstract Builder setOutput(Path output);

    abstract Builder setPrecision(Precision precision);

    abstract Builder setDevices(Devices devices);

    abstract Builder setSeed(long seed);

    abstract Builder setSteps(long steps);

    abstract Builder setDecoding(DecodingConfig decoding);

    abstract Builder setMaxUnreadable(double maxUnreadable);

    abstract Builder setInit(InitialModel init);

    abstract Builder setListings(Folder listings);

    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setSplits(int splits);

    abstract Builder setResume(boolean resume);

    abstract Builder setTrainerOptions(Trainer.Options options);

    abstract Builder setListener(TrainingListener listener);

    abstract Builder setObserver(Observer observer);

    abstract TrainingRun build();
  }

  /**
   * A run in float32 on the CPU, of as many steps as the recipe's epochs take.
   *
   * @param inputs files, folders, patterns and archives, by path or URI
   * @param output run directory: new, or that of the same run
   */
  public static TrainingRun of(SwavConfig recipe, List<String> inputs, Path output) {
    return of(found -> recipe, inputs, output);
  }

  /**
   * The same with a recipe that depends on the images.
   *
   * @param recipe that gives the same for the same images, so that a run can be gone on with
   */
  public static TrainingRun of(Recipe recipe, List<String> inputs, Path output) {
    return new AutoValue_TrainingRun.Builder()
        .setRecipe(recipe)
        .setInputs(List.copyOf(inputs))
        .setOutput(output)
        .setPrecision(Precision.FLOAT32)
        .setDevices(Devices.cpu())
        .setSeed(1)
        .setDecoding(DecodingConfig.DEFAULT)
        .setMaxUnreadable(RunConfig.DEFAULT_MAX_UNREADABLE)
        .setInit(InitialModel.NONE)
        .setLimits(ImageLimits.DEFAULT)
        .setFields(SampleFields.DEFAULT)
        .setSplits(1)
        .setResume(true)
        .setTrainerOptions(Trainer.Options.DEFAULT)
        .setListener(TrainingListener.SILENT)
        .setObserver(Observer.SILENT)
        .build();
  }

  /** Type of the backbone's activations. */
  public TrainingRun withPrecision(Precision precision) {
    return toBuilder().setPrecision(precision).build();
  }

  /** What computes. */
  public TrainingRun withDevices(Devices devices) {
    return toBuilder().setDevices(devices).build();
  }

  /** Seed of the weights, the order of the images and the crops. */
  public TrainingRun withSeed(long seed) {
    return toBuilder().setSeed(seed).build();
  }

  /** Steps of the whole run, at least 1. */
  public TrainingRun withSteps(long steps) {
    return toBuilder().setSteps(steps).build();
  }

  /** How pictures become pixels. */
  public TrainingRun withDecoding(DecodingConfig decoding) {
    return toBuilder().setDecoding(decoding).build();
  }

  /** The part of the images that may be unreadable, in [0, 1]. */
  public TrainingRun withMaxUnreadable(double part) {
    return toBuilder().setMaxUnreadable(part).build();
  }

  /** What it begins with, in place of weights by the seed. */
  public TrainingRun withInit(InitialModel init) {
    return toBuilder().setInit(init).build();
  }

  /**
   * Another folder than one in the run directory for the listings of files: they are made once, and
   * whoever lists the same files again reads them.
   */
  public TrainingRun withListings(Folder listings) {
    return toBuilder().setListings(listings).build();
  }

  /** Limits on images: those beyond them are left out. */
  public TrainingRun withLimits(ImageLimits limits) {
    return toBuilder().setLimits(limits).build();
  }

  /** The column of Parquet files that holds the images, or null for the one that looks like it. */
  public TrainingRun withImageColumn(@Nullable String column) {
    return toBuilder().setFields(fields().withColumns(column, null)).build();
  }

  /** Parts of the source, which work in parallel; best as many as the runner has workers. */
  public TrainingRun withSplits(int splits) {
    return toBuilder().setSplits(splits).build();
  }

  /** Whether to go on with a run that is there, which is so without this. */
  public TrainingRun withResume(boolean resume) {
    return toBuilder().setResume(resume).build();
  }

  /** How the trainer works; none of it changes the result. */
  public TrainingRun withTrainerOptions(Trainer.Options options) {
    return toBuilder().setTrainerOptions(options).build();
  }

  /** Hears of each step, in the trainer's thread. */
  public TrainingRun withListener(TrainingListener listener) {
    return toBuilder().setListener(listener).build();
  }

  /** Hears what is found and done before the first step. */
  public TrainingRun withObserver(Observer observer) {
    return toBuilder().setObserver(observer).build();
  }

  /**
   * Trains, on the runner that the options name.
   *
   * @return the model, which is in {@code saved_model/} of the run directory
   * @throws Exception as the other method does
   */
  public ModelDescription run(PipelineOptions options) throws Exception {
    return run(options, pipeline -> pipeline.run().waitUntilFinish());
  }

  /**
   * Trains.
   *
   * @param pipelineRun runs the pipeline; it is not called where all steps are done
   * @return the model, which is in {@code saved_model/} of the run directory
   * @throws TrainingFailedException in one line, if the run directory holds another run or cannot
   *     be used, or training has failed
   * @throws IOException in one line, if there are no images
   * @throws Exception what the pipeline failed with
   */
  public ModelDescription run(PipelineOptions options, PipelineRun pipelineRun) throws Exception {
    boolean isNew = !Files.exists(output());
    try {
      return runIn(options, pipelineRun);
    } catch (KnownIOException | InvalidConfigException e) {
      if (isNew && !RunDirectory.isClaimed(output())) {
        AtomicFiles.delete(output()); // nothing was begun
      }
      throw e;
    }
  }

  private ModelDescription runIn(PipelineOptions options, PipelineRun pipelineRun)
      throws Exception {
    Stores.prepare(options);
    InputFiles.requireExisting(inputs());
    try (RunDirectory directory = RunDirectory.open(output())) {
      if (!resume() && directory.isClaimed()) {
        throw new TrainingFailedException(
            ErrorKind.ALREADY_BEGUN,
            directory.path(),
            "%s already holds a run".formatted(directory.path()),
            null);
      }
      RunConfig run = list(directory);
      init().copyInto(directory);
      observer().onBegin(run, devices());
      train(run, directory, options, pipelineRun);
      return ModelExport.export(directory.path());
    }
  }

  private RunConfig list(RunDirectory directory) throws IOException {
    Folder kept = listings().orElse(Folder.of(directory.listings()));
    try (TrainingImages found =
        TrainingImages.list(
            inputs(),
            new Listings(kept, limits(), fields()),
            Copies.in(directory.archives(), limits(), fields(), observer()::onCopy),
            directory.path(),
            directory.manifest())) {
      found.moveDeadLetters(RunDirectory.unlisted(directory.path()));
      observer().onListed(found);
      found.requireImages();
      RunConfig run = config(found, directory);
      init().plan(run.recipe().network());
      directory.claim(run);
      // The archives may have moved since an interrupted run, so the manifest is always fresh.
      found.moveManifest(directory.manifest());
      return run;
    }
  }

  private RunConfig config(TrainingImages found, RunDirectory directory) throws IOException {
    RunConfig begun = directory.isClaimed() ? RunDirectory.readConfig(directory.path()) : null;
    boolean same = begun != null && found.areThoseOf(directory.manifest(), observer()::onRenamed);
    SwavConfig recipe = recipe().of(found);
    RunConfig run =
        new RunConfig(
            recipe,
            precision(),
            seed(),
            steps().orElse(recipe.steps(found.images())),
            found.images(),
            found.digest(),
            begun != null && begun.content().isEmpty() ? "" : found.content(),
            decoding(),
            maxUnreadable(),
            init().config(),
            directory.shuffle());
    return same ? run.withImagesOf(begun) : run;
  }

  private void train(
      RunConfig run, RunDirectory directory, PipelineOptions options, PipelineRun pipelineRun)
      throws Exception {
    try (Trainer trainer = new Trainer(directory, run, devices(), trainerOptions(), listener());
        InProcessTrainer endpoint = new InProcessTrainer(trainer, directory.manifest())) {
      observer().onTrainer(trainer);
      long done = trainer.progress().nextStep();
      if (done > 0) {
        observer().onResume(done, run.steps());
      }
      if (done < run.steps()) {
        Pipeline pipeline = Pipeline.create(options);
        pipeline.apply(
            "TrainSwav", TrainSwav.of(run, endpoint).withLimits(limits()).withSplits(splits()));
        pipelineRun.run(pipeline);
      }
      trainer.awaitCompletion();
    }
  }
}
