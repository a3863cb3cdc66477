package io.swavbeam.pipelines.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.plan.Machine;
import io.swavbeam.model.plan.RecipeRequest;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.model.plan.RunPlan;
import io.swavbeam.model.plan.RunPlanner;
import io.swavbeam.model.plan.RunRequest;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TemporaryFolder;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.ModelExport;
import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Stores;
import io.swavbeam.pipelines.trainer.InProcessTrainer;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import io.swavbeam.pipelines.trainer.TrainerRestartedException;
import io.swavbeam.pipelines.trainer.client.RemoteTrainer;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.ImageSample;
import io.swavbeam.pipelines.training.TrainSwav;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A training run as one call: lists the images, begins or resumes a run, trains with crops from a
 * pipeline, and exports the model. The network is in this process, or in a trainer in another
 * process, which workers of any runner reach.
 *
 * <pre>{@code
 * TrainingSummary summary =
 *     TrainingRun.of(Presets.load("cifar10"), List.of("photos.tar"), Path.of("runs/photos"))
 *         .withSteps(1000)
 *         .run(PipelineOptionsFactory.create());
 * }</pre>
 *
 * <p>The result depends only on the images, the recipe, the seed, the number of steps and the
 * precision, and on TensorFlow's kernels and number of threads. The run directory stores these. The
 * result does not depend on the runner, the parallelism, retries or interruptions. A run that was
 * stopped is resumed when it is called again with the same values.
 */
public final class TrainingRun extends ImmutableSettings<TrainingRun> {
  /**
   * The result of listing the input.
   *
   * @param images the number of images
   * @param files the number of files with images
   * @param deadLetters the number of files and entries that could not be found, listed or copied
   * @param firstDeadLetter the first dead letter
   * @param sidecars the number of entries beside images, by extension
   */
  public record Found(
      long images,
      long files,
      long deadLetters,
      Optional<DeadLetter> firstDeadLetter,
      Map<String, Long> sidecars) {
    public Found {
      sidecars = Map.copyOf(sidecars);
    }
  }

  /** Stops a training in this process. */
  @FunctionalInterface
  public interface Stop {
    /**
     * Stops after the current step, and writes a checkpoint, from which the run is resumed later.
     * May be called by any thread.
     *
     * @param timeoutMillis the longest wait for the step and the checkpoint
     * @return the number of steps of the checkpoint; empty if it was not written in time
     */
    OptionalLong within(long timeoutMillis) throws InterruptedException;
  }

  /** An observer of a training run. */
  public interface Observer {
    /** An observer that does nothing. */
    Observer SILENT = new Observer() {};

    /**
     * Called before an archive that can only be read from its beginning is copied into the run
     * directory, once for each run.
     *
     * @param source the file
     * @param bytes its length, compressed
     * @param folder the folder of the copies
     */
    default void onCopy(String source, long bytes, Path folder) {}

    /**
     * Called before the workers of the runner list the files, see {@link #withListingsOfRunner}.
     */
    default void onListing(Folder listings) {}

    /** Called with the result of listing the input, also if there are no images. */
    default void onListed(Found found) {}

    /**
     * Called for each archive of a resumed run that has another name than when the run began, and
     * the same bytes.
     */
    default void onRenamed(String earlier, String now) {}

    /** Called when the run is planned and claimed. */
    default void onBegin(RunConfig run) {}

    /** Called if a run in this process is resumed after some steps. */
    default void onResume(long step, long steps) {}

    /** Called before the first step in this process. */
    default void onStart(Stop stop) {}

    /** Called every few steps with the number of steps that a trainer elsewhere has done. */
    default void onSteps(long done, long steps) {}

    /**
     * Called if a trainer elsewhere was restarted. The pipeline is then restarted, too.
     *
     * @param message one line for people
     */
    default void onRestart(String message) {}
  }

  private final RecipeRequest recipe;
  private final List<String> inputs;
  private Optional<Path> output = Optional.empty();
  private Optional<TrainerAddress> trainer = Optional.empty();
  private Optional<Precision> precision = Optional.of(Precision.FLOAT32);
  private Devices devices = Devices.cpu();
  private long seed = 1;
  private OptionalLong steps = OptionalLong.empty();
  private Alpha alpha = DecodingConfig.DEFAULT.alpha();
  private Optional<Decode> decode = Optional.empty();
  private double maxUnreadable = RunConfig.DEFAULT_MAX_UNREADABLE;
  private InitialModel init = InitialModel.NONE;
  private boolean microBatchesByMemory;
  private Optional<Folder> listings = Optional.empty();
  private boolean listingOnRunner;
  private ImageLimits limits = ImageLimits.DEFAULT;
  private SampleFields fields = SampleFields.DEFAULT;
  private int splits = 1;
  private boolean resume = true;
  private TrainerSettings trainerSettings = TrainerSettings.DEFAULT;
  private TrainingListener listener = TrainingListener.SILENT;
  private Observer observer = Observer.SILENT;

  private TrainingRun(RecipeRequest recipe, List<String> inputs) {
    this.recipe = recipe;
    this.inputs = List.copyOf(inputs);
  }

  /** Returns the run directory; empty if a trainer elsewhere has it. */
  public Optional<Path> output() {
    return output;
  }

  /** Returns the trainer; empty if it is in this process. */
  public Optional<TrainerAddress> trainer() {
    return trainer;
  }

  /** Returns the devices that compute in this process. */
  public Devices devices() {
    return devices;
  }

  /** Returns the model whose weights the run begins with. */
  public InitialModel init() {
    return init;
  }

  /**
   * Creates a run in this process, in float32 on the CPU, with as many steps as the epochs of the
   * recipe have.
   *
   * @param recipe the recipe
   * @param inputs files, folders, patterns and archives, by path or URI
   * @param output the run directory: a new folder, or that of the same run
   */
  public static TrainingRun of(SwavConfig recipe, List<String> inputs, Path output) {
    return new TrainingRun(new RecipeRequest.Named(recipe), inputs)
        .with(run -> run.output = Optional.of(output));
  }

  /**
   * Creates a run with a trainer elsewhere, which has the devices and the run directory.
   *
   * @param recipe the recipe
   * @param inputs files, folders, patterns and archives, by path or URI, that this process and all
   *     workers of the runner can read
   * @param trainer the trainer
   */
  public static TrainingRun of(SwavConfig recipe, List<String> inputs, TrainerAddress trainer) {
    return new TrainingRun(new RecipeRequest.Named(recipe), inputs)
        .with(run -> run.trainer = Optional.of(trainer));
  }

  /**
   * Creates a run in this process with a recipe that is chosen for the images and the devices. A
   * resumed run keeps its recipe.
   *
   * @param changes values that replace those of the recipe, by their names; may be empty
   * @param inputs files, folders, patterns and archives, by path or URI
   * @param output the run directory: a new folder, or that of the same run
   */
  public static TrainingRun ofAuto(JsonNode changes, List<String> inputs, Path output) {
    return new TrainingRun(new RecipeRequest.Chosen(changes), inputs)
        .with(run -> run.output = Optional.of(output));
  }

  /**
   * Creates a run with a trainer elsewhere, and a recipe that is chosen for the images and the
   * devices of the trainer.
   *
   * @param changes values that replace those of the recipe, by their names; may be empty
   * @param inputs files, folders, patterns and archives, by path or URI, that this process and all
   *     workers of the runner can read
   * @param trainer the trainer
   */
  public static TrainingRun ofAuto(JsonNode changes, List<String> inputs, TrainerAddress trainer) {
    return new TrainingRun(new RecipeRequest.Chosen(changes), inputs)
        .with(run -> run.trainer = Optional.of(trainer));
  }

  /** Sets the type of the backbone's activations. */
  public TrainingRun withPrecision(Precision precision) {
    return with(run -> run.precision = Optional.of(precision));
  }

  /** Sets the fastest type of activations of the devices. A resumed run keeps its type. */
  public TrainingRun withPrecisionOfDevices() {
    return with(run -> run.precision = Optional.empty());
  }

  /**
   * Sets the devices.
   *
   * @throws IllegalStateException if the trainer is elsewhere
   */
  public TrainingRun withDevices(Devices devices) {
    requireHere("devices");
    return with(run -> run.devices = devices);
  }

  /** Sets the seed of the weights, the order of the images and the crops. The default is 1. */
  public TrainingRun withSeed(long seed) {
    return with(run -> run.seed = seed);
  }

  /**
   * Sets the number of steps of the whole run.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public TrainingRun withSteps(long steps) {
    require(steps >= 1, "there must be at least one step, not %s", steps);
    return with(run -> run.steps = OptionalLong.of(steps));
  }

  /** Sets the treatment of transparent pixels. */
  public TrainingRun withAlpha(Alpha alpha) {
    return with(run -> run.alpha = alpha);
  }

  /** Sets the size in which JPEGs are decoded. Without this, a resumed run keeps its size. */
  public TrainingRun withDecode(Decode decode) {
    return with(run -> run.decode = Optional.of(decode));
  }

  /**
   * Sets the fraction of the images that may be unreadable, in [0, 1].
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public TrainingRun withMaxUnreadable(double part) {
    require(part >= 0 && part <= 1, "the fraction of the images must be from 0 to 1, not %s", part);
    return with(run -> run.maxUnreadable = part);
  }

  /**
   * Sets the initial weights.
   *
   * @throws IllegalStateException if the trainer is elsewhere
   */
  public TrainingRun withInit(InitialModel init) {
    requireHere("model to begin with");
    return with(run -> run.init = init);
  }

  /**
   * Sets whether the number of micro-batches of the recipe is replaced by the smallest that fits
   * into memory. A resumed run keeps its number.
   */
  public TrainingRun withMicroBatchesByMemory(boolean byMemory) {
    return with(run -> run.microBatchesByMemory = byMemory);
  }

  /**
   * Sets another folder than one in the run directory for the listings of files. Listings are made
   * once, and other commands that list the same files read them.
   */
  public TrainingRun withListings(Folder listings) {
    return with(
        run -> {
          run.listings = Optional.of(listings);
          run.listingOnRunner = false;
        });
  }

  /**
   * Sets a folder for listings that the workers of the runner make, which list faster than this
   * process.
   *
   * @param listings a folder that all workers can read and write
   */
  public TrainingRun withListingsOfRunner(Folder listings) {
    return with(
        run -> {
          run.listings = Optional.of(listings);
          run.listingOnRunner = true;
        });
  }

  /** Sets limits on images. Larger images are dead letters. */
  public TrainingRun withLimits(ImageLimits limits) {
    return with(run -> run.limits = limits);
  }

  /** Sets the column of Parquet files that holds the images; null to detect it. */
  public TrainingRun withImageColumn(@Nullable String column) {
    return with(run -> run.fields = fields.withColumns(column, null));
  }

  /**
   * Sets the number of parallel parts of the source. The number of workers of the runner is best.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public TrainingRun withSplits(int splits) {
    require(splits >= 1, "there must be at least one split, not %s", splits);
    return with(run -> run.splits = splits);
  }

  /**
   * Sets whether to resume a run that is in the run directory. The default is true.
   *
   * @throws IllegalStateException if it is false and the trainer is elsewhere, because a trainer
   *     always resumes
   */
  public TrainingRun withResume(boolean resume) {
    if (!resume) {
      requireHere("run directory");
    }
    return with(run -> run.resume = resume);
  }

  /**
   * Sets how the trainer works, which does not change the trained model.
   *
   * @throws IllegalStateException if the trainer is elsewhere
   */
  public TrainingRun withTrainerSettings(TrainerSettings settings) {
    requireHere("settings");
    return with(run -> run.trainerSettings = settings);
  }

  /**
   * Sets a listener that the trainer's thread calls for each step.
   *
   * @throws IllegalStateException if the trainer is elsewhere
   */
  public TrainingRun withListener(TrainingListener listener) {
    requireHere("listener");
    return with(run -> run.listener = listener);
  }

  private static void require(boolean isSo, String otherwise, Object value) {
    if (!isSo) {
      throw new IllegalArgumentException(otherwise.formatted(value));
    }
  }

  private void requireHere(String what) {
    if (trainer.isPresent()) {
      throw new IllegalStateException(
          "the trainer at %s has its own %s".formatted(trainer.get().target(), what));
    }
  }

  /** Sets the observer. */
  public TrainingRun withObserver(Observer observer) {
    return with(run -> run.observer = observer);
  }

  /**
   * Trains, on the runner of the options.
   *
   * @throws Exception as the other method does
   */
  public TrainingSummary run(PipelineOptions options) throws Exception {
    return run(options, PipelineRun.DEFAULT);
  }

  /**
   * Trains.
   *
   * @param pipelineRun runs the pipelines; not called if all steps are done
   * @return the run and its exported model
   * @throws TrainingFailedException in one line, if the run directory holds another run or cannot
   *     be used, or there is no trainer
   * @throws IOException in one line, if there are no images
   * @throws Exception the error of the pipeline, see {@link PipelineRun#run}: a {@link
   *     TrainingFailedException} if training has failed
   */
  public TrainingSummary run(PipelineOptions options, PipelineRun pipelineRun) throws Exception {
    Stores.prepare(options);
    if (trainer.isPresent()) {
      return feed(trainer.get(), options, pipelineRun);
    }
    Path directory = output.orElseThrow();
    boolean isNew = !Files.exists(directory);
    try {
      return trainIn(directory, options, pipelineRun);
    } catch (KnownIOException | InvalidConfigException e) {
      if (isNew && !RunDirectory.isClaimed(directory)) {
        AtomicFiles.delete(directory); // nothing was begun
      }
      throw e;
    }
  }

  /**
   * Plans the run without beginning it: lists the images in this process, and samples some of them.
   * Writes only temporary files, and listings in the folder of {@link #withListings}. Does not
   * check whether the run directory can be written, or is in use.
   *
   * @return the run that {@link #run} would train, with warnings if it would be refused because
   *     another run was begun
   * @throws TrainingFailedException in one line, if the run directory holds a run of other images
   *     or something else, or there is no trainer
   * @throws IOException in one line, if there are no images
   */
  public RunPlan plan(PipelineOptions options) throws IOException {
    Stores.prepare(options);
    if (output.isPresent()) {
      RunDirectory.requireRun(output.get());
      requireResumable(output.get());
    }
    try (TemporaryFolder temporary = new TemporaryFolder("swav-plan-");
        TrainingImages found = listInto(temporary.path())) {
      listed(found);
      return trainer().isPresent()
          ? RemoteTrainer.plan(trainer.get(), request(), images(found, true))
          : plan(found, output.orElseThrow());
    }
  }

  /** Lists the images in a temporary folder in place of the run directory. */
  private TrainingImages listInto(Path temporary) throws IOException {
    Listings kept = new Listings(listings.orElse(Folder.of(temporary)), limits, fields);
    ArchiveCopies copies =
        trainer.isPresent()
            ? ArchiveCopies.NONE
            : ArchiveCopies.in(temporary, limits, fields, observer::onCopy);
    return TrainingImages.list(inputs, kept, copies, temporary);
  }

  private void list(PipelineOptions options, PipelineRun pipelineRun) throws Exception {
    if (listingOnRunner) {
      Folder shared = listings.orElseThrow();
      observer.onListing(shared);
      Pipeline pipeline = Pipeline.create(options);
      pipeline.apply(
          "ListImages",
          ListImages.in(inputs).withLimits(limits).withFields(fields).withListings(shared));
      pipelineRun.run(pipeline, () -> {});
    }
  }

  private void listed(TrainingImages found) throws IOException {
    observer.onListed(
        new Found(
            found.images(),
            found.files(),
            found.deadLetters(),
            Optional.ofNullable(found.firstDeadLetter()),
            found.sidecars().byExtension()));
    found.requireImages();
  }

  private RunRequest request() {
    return new RunRequest(
        recipe,
        precision.map(Precision::toString).orElse(Hardware.AUTO),
        microBatchesByMemory,
        seed,
        steps.orElse(0),
        DecodingConfig.of(alpha, decode.orElse(DecodingConfig.DEFAULT.decode())),
        decode.isEmpty(),
        maxUnreadable);
  }

  /** Samples some of the images, if the recipe of a new run depends on them. */
  private RunImages images(TrainingImages found, boolean isNew) throws IOException {
    return new RunImages(
        found.images(),
        found.digest(),
        found.content(),
        isNew && recipe instanceof RecipeRequest.Chosen
            ? ImageSample.of(found, limits)
            : RunImages.Sample.NONE);
  }

  private Pipeline pipeline(PipelineOptions options, RunConfig run, TrainerEndpoint endpoint) {
    Pipeline pipeline = Pipeline.create(options);
    pipeline.apply("TrainSwav", TrainSwav.of(run, endpoint).withLimits(limits).withSplits(splits));
    return pipeline;
  }

  // In this process.

  private TrainingSummary trainIn(Path output, PipelineOptions options, PipelineRun pipelineRun)
      throws Exception {
    InputFiles.requireExisting(inputs);
    try (RunDirectory directory = RunDirectory.open(output)) {
      requireResumable(directory.path());
      list(options, pipelineRun);
      RunConfig run = claim(directory);
      init.copyTo(directory.init());
      observer.onBegin(run);
      train(run, directory, options, pipelineRun);
      return new TrainingSummary(run, ModelExport.export(directory.path()).id());
    }
  }

  private void requireResumable(Path output) {
    if (!resume && RunDirectory.isClaimed(output)) {
      throw new TrainingFailedException(
          ErrorKind.ALREADY_BEGUN, output, "%s already holds a run".formatted(output));
    }
  }

  private RunConfig claim(RunDirectory directory) throws IOException {
    Folder kept = listings.orElse(Folder.of(directory.listings()));
    try (TrainingImages found =
        TrainingImages.list(
            inputs,
            new Listings(kept, limits, fields),
            ArchiveCopies.in(directory.archives(), limits, fields, observer::onCopy),
            directory.path(),
            directory.manifest())) {
      found.moveDeadLetters(RunDirectory.unlisted(directory.path()));
      listed(found);
      RunPlan plan = plan(found, directory.path());
      listener.onRecipe(plan.reasons());
      RunConfig run = plan.run();
      directory.claim(run);
      // The archives may have moved since an interrupted run, so the manifest is always fresh.
      found.moveManifest(directory.manifest());
      return run;
    }
  }

  private RunPlan plan(TrainingImages found, Path output) throws IOException {
    RunConfig begun = RunDirectory.isClaimed(output) ? RunDirectory.readConfig(output) : null;
    boolean hasSameImages =
        begun != null && found.areThoseOf(RunDirectory.manifest(output), observer::onRenamed);
    RunPlan plan =
        RunPlanner.plan(
            request(),
            images(found, begun == null),
            Machine.of(devices, trainerSettings.window()),
            new RunPlanner.Directory(init.config(), begun, hasSameImages));
    init.plan(plan.run().recipe().network());
    return plan;
  }

  private void train(
      RunConfig run, RunDirectory directory, PipelineOptions options, PipelineRun pipelineRun)
      throws Exception {
    try (Trainer trainer = new Trainer(directory, run, devices, trainerSettings, listener);
        InProcessTrainer endpoint = new InProcessTrainer(trainer, directory.manifest())) {
      observer.onStart(trainer::stop);
      long done = trainer.progress().nextStep();
      if (done > 0) {
        observer.onResume(done, run.steps());
      }
      if (done < run.steps()) {
        pipelineRun.run(pipeline(options, run, endpoint), () -> {});
      }
      trainer.awaitCompletion();
    }
  }

  // With a trainer elsewhere.

  private TrainingSummary feed(
      TrainerAddress address, PipelineOptions options, PipelineRun pipelineRun) throws Exception {
    list(options, pipelineRun);
    RunConfig run = open(address);
    observer.onBegin(run);
    RemoteTrainer trainer = new RemoteTrainer(address, run.id());
    // A pipeline that has ended in our own process does not start itself again, as a cluster does.
    while (!progress(trainer).done()) {
      try {
        pipelineRun.run(
            pipeline(options, run, trainer),
            () -> observer.onSteps(progress(trainer).nextStep(), run.steps()));
      } catch (Exception e) {
        observer.onRestart(restarted(e).getMessage());
      }
    }
    return new TrainingSummary(run, trainer.awaitModel());
  }

  private RunConfig open(TrainerAddress address) throws IOException {
    try (TemporaryFolder temporary = new TemporaryFolder("swav-manifest-");
        TrainingImages found = listInto(temporary.path())) {
      listed(found);
      return RemoteTrainer.open(address, request(), images(found, true), found.manifestFile());
    }
  }

  private static Progress progress(RemoteTrainer trainer) {
    try (TrainerConnection connection = trainer.connect()) {
      return connection.progress();
    }
  }

  /**
   * Returns the cause of an exception which is that the trainer was restarted. Throws the exception
   * if there is none.
   */
  private static TrainerRestartedException restarted(Exception e) throws Exception {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof TrainerRestartedException restarted) {
        return restarted;
      }
    }
    throw e;
  }
}
