package io.swavbeam.model.training;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.graph.TrainingMemory;
import io.swavbeam.model.graph.TrainingSchedule;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.monitoring.TrainingMonitor;
import io.swavbeam.model.run.Checkpoints;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.RunEnvironment;
import io.swavbeam.model.run.RunLog;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.types.TUint8;

/**
 * The trainer of one run. Applies its steps strictly in order, in a thread of its own.
 *
 * <p>A trainer holds the batch shards of a window of steps, so its memory is bounded. It drops a
 * batch shard that it already has, or whose step is done. It is the only source of truth about the
 * progress of the run: after a crash, {@link #progress} returns the step to continue with.
 */
public final class Trainer implements BatchShardReceiver, AutoCloseable {
  /**
   * Counts of a trainer since it was opened.
   *
   * @param accepted batch shards that were kept
   * @param duplicates batch shards that were dropped, because the trainer had them or their step
   *     was done
   * @param applied batch shards of steps that are done
   * @param held batch shards that wait for their step
   */
  public record Statistics(long accepted, long duplicates, long applied, long held) {}

  private static final int MAX_OVERFLOWS = 50;

  private final Path directory;
  private final RunConfig run;
  private final SwavConfig config;
  private final TrainerSettings options;
  private final TrainingListener listener;
  private final TrainingGraph graph;
  private final Checkpoints checkpoints;
  private final RunLog log;
  private final TrainingMonitor monitor;
  private final TrainingSchedule schedule;
  private final BatchShardWindow window;
  private final Thread thread;

  // Used by the trainer's thread only.
  private long timedSince;
  private long waited;
  private long imagesSinceLog;
  private boolean anyStep;
  private boolean anyReport;
  private int overflows;
  private long lastSaved;

  /**
   * Builds the network, restores the newest checkpoint, and begins to accept batch shards.
   *
   * @param directory the run directory, claimed for {@code run}; must stay open longer than the
   *     trainer
   * @param devices the devices that compute
   * @throws TrainingFailedException in one line, if the checkpoint is damaged, or a step does not
   *     fit into memory
   */
  public Trainer(
      RunDirectory directory,
      RunConfig run,
      Devices devices,
      TrainerSettings options,
      TrainingListener listener)
      throws IOException {
    this.directory = directory.path();
    this.run = run;
    this.config = run.recipe();
    this.options = options;
    this.listener = listener;
    checkpoints =
        new Checkpoints(directory.checkpoints(), options.keepCheckpoints(), options.keepEvery());
    schedule = new TrainingSchedule(run);
    graph = new TrainingGraph(config, run.precision(), run.seed(), devices);
    RunLog opened = null;
    boolean ready = false;
    try {
      Checkpoints.Restored restored =
          checkpoints.restoreNewest(graph, warning -> listener.onWarning(0, warning));
      long nextStep = restored.step();
      lastSaved = nextStep;
      if (nextStep < run.steps()) {
        requireMemory(directory, nextStep == 0);
        listener.onWork(graph.work(run.steps() - nextStep));
      }
      if (nextStep == 0 && run.init().hasModel()) {
        InitialModel.load(directory.init(), run.init().model(), config.network(), graph);
      }
      opened = new RunLog(directory, restored);
      RunEnvironment.of(devices)
          .claim(directory.path(), nextStep == 0)
          .ifPresent(warning -> listener.onWarning(nextStep, warning));
      monitor = new TrainingMonitor(config, directory.path(), nextStep);
      window = new BatchShardWindow(run, options.window(), nextStep);
      ready = true;
    } finally {
      if (!ready) {
        if (opened != null) {
          opened.close();
        }
        graph.close();
      }
    }
    log = opened;
    thread = new Thread(this::work, "trainer");
    thread.start();
  }

  private void requireMemory(RunDirectory directory, boolean isNew) throws IOException {
    TrainingMemory memory = graph.memory(options.window());
    if (!memory.fits()) {
      if (isNew) {
        directory.release(); // so that the remedy can be followed
      }
      throw new TrainingFailedException(ErrorKind.STEP_TOO_LARGE, directory, memory.shortage());
    }
    listener.onMemory(memory);
  }

  @Override
  public Progress progress() {
    return window.progress();
  }

  @Override
  public Progress awaitProgress(Progress known, long timeoutMillis) throws InterruptedException {
    return window.awaitProgress(known, timeoutMillis);
  }

  @Override
  public void submit(BatchShard shard) {
    window.submit(shard);
  }

  @Override
  public void abort(String reason, List<DeadLetter> deadLetters) {
    window.fail(
        () -> {
          try {
            log.deadLetters(deadLetters);
            return new TrainingFailedException(reason);
          } catch (IOException e) {
            return new TrainingFailedException(
                "%s; the dead letters cannot be written either: %s".formatted(reason, e), e);
          }
        });
  }

  /** Returns counts since this trainer was opened. Each accepted batch shard is applied or held. */
  public Statistics statistics() {
    return window.statistics();
  }

  /**
   * Waits until all steps are applied and the last checkpoint is written.
   *
   * @throws TrainingFailedException if training stops before that
   */
  public void awaitCompletion() throws InterruptedException {
    window.awaitCompletion();
  }

  private void work() {
    try {
      if (window.isDone()) {
        return;
      }
      timedSince = System.nanoTime();
      while (true) {
        BatchShard[] step = awaitStep();
        if (step == null) {
          saveIfStopped();
          return;
        }
        boolean last = apply(step);
        if (last) {
          return;
        }
      }
    } catch (TrainingFailedException e) {
      fail(e);
    } catch (IOException e) {
      fail(
          new TrainingFailedException(
              "the run directory %s cannot be written: %s".formatted(directory, e.getMessage()),
              e));
    } catch (TFResourceExhaustedException | OutOfMemoryError e) {
      fail(
          new TrainingFailedException(
              ErrorKind.STEP_TOO_LARGE,
              directory,
              "a step of %d images%s does not fit into memory; the last checkpoint is kept"
                  .formatted(
                      config.batchSize(),
                      config.microBatches() == 1
                          ? ""
                          : " in %d parts".formatted(config.microBatches())),
              e));
    } catch (RuntimeException | Error e) {
      fail(new TrainingFailedException("the trainer failed: " + e, e));
    }
  }

  /** Writes a checkpoint if the run was stopped, so that it resumes at this step. */
  private void saveIfStopped() throws IOException {
    long step = window.stoppedAt().orElse(0);
    if (step > lastSaved) {
      save(step);
    }
  }

  private void save(long step) throws IOException {
    Optional<String> notFinite = graph.firstNotFinite();
    if (notFinite.isPresent()) {
      throw diverged("after step %d, %s is not finite".formatted(step - 1, notFinite.get()));
    }
    checkpoints.save(graph, step, run.seed(), log.deadLettersOnDisk());
    lastSaved = step;
  }

  /**
   * Returns the batch shards of the next step as soon as all are there; null if the trainer is
   * closed or has failed.
   */
  private BatchShard[] awaitStep() {
    long start = System.nanoTime();
    BatchShard[] step = window.awaitStep();
    if (!anyStep) {
      // The wait for the first step includes the start of the pipeline.
      anyStep = true;
      timedSince = System.nanoTime();
    } else {
      waited += System.nanoTime() - start;
    }
    return step;
  }

  private boolean apply(BatchShard[] shards) throws IOException {
    long step = shards[0].step();
    TrainingSchedule.Step planned = schedule.at(step);
    List<List<TUint8>> crops = new ArrayList<>();
    for (BatchShard shard : shards) {
      crops.add(shard.crops());
      log.deadLetters(shard.deadLetters());
    }
    if (schedule.isJudgedAfter(step)) {
      requireReadable(step);
    }
    StepResult result = graph.step(crops, planned);
    requireFinite(step, result);
    for (String warning : monitor.step(result)) {
      log.warning(step, warning);
      listener.onWarning(step, warning);
    }
    monitor.pictures(step, crops.get(0));
    imagesSinceLog += config.batchSize();
    report(step, planned, result);
    boolean last = step + 1 == run.steps();
    if (last || (step + 1) % options.checkpointEvery() == 0) {
      save(step + 1);
    }
    window.stepApplied();
    return last;
  }

  /** Fails the run if too many images are unreadable. It would silently learn from the rest. */
  private void requireReadable(long step) {
    long needed = Math.min(run.images(), (step + 1) * config.batchSize());
    long unreadable = log.unreadableImages();
    if (unreadable > run.maxUnreadable() * needed) {
      throw new TrainingFailedException(
          ErrorKind.UNREADABLE_IMAGES,
          directory,
          "%,d of the %,d images that were needed until step %d cannot be read, more than the fraction %s: dead-letters/images.jsonl of the run names them"
              .formatted(unreadable, needed, step, run.maxUnreadable()));
    }
  }

  /**
   * Fails the run if the loss is not finite, and sets aside the checkpoint whose weights gave it.
   */
  private void requireFinite(long step, StepResult result) throws IOException {
    if (Float.isFinite(result.loss()) && Float.isFinite(result.gradientNorm())) {
      overflows = 0;
      return;
    }
    // With float16, a gradient may overflow. The loss scaler then skips the step and lowers the
    // scale.
    if (run.precision() == Precision.FLOAT16 && Float.isFinite(result.loss())) {
      overflows++;
      if (overflows < MAX_OVERFLOWS) {
        return;
      }
    }
    checkpoints.discard(step);
    throw diverged(
        "step %d has the loss %s and a gradient norm of %s"
            .formatted(step, result.loss(), result.gradientNorm()));
  }

  private TrainingFailedException diverged(String what) throws IOException {
    Optional<Checkpoints.Saved> good = Checkpoints.newest(RunDirectory.checkpoints(directory));
    return new TrainingFailedException(
        good.isEmpty() ? ErrorKind.DIVERGED_AT_ONCE : ErrorKind.DIVERGED,
        directory,
        what
            + good.map(saved -> "; the last good checkpoint is that of step " + saved.step())
                .orElse("; there is no good checkpoint to begin with"));
  }

  private void report(long step, TrainingSchedule.Step planned, StepResult result)
      throws IOException {
    double seconds = (System.nanoTime() - timedSince) / 1e9;
    StepReport report =
        new StepReport(
            step,
            run.steps(),
            (double) step * config.batchSize() / run.images(),
            result.loss(),
            result.gradientNorm(),
            result.codeEntropy(),
            result.featureStandardDeviation(),
            monitor.prototypesUsed(),
            planned.learningRate(),
            imagesSinceLog / seconds,
            waited / 1e9 / seconds,
            seconds * config.batchSize() / imagesSinceLog);
    if ((step + 1) % options.logEvery() == 0 || step + 1 == run.steps()) {
      log.step(report);
      monitor.scalars(
          step, result, report.learningRate(), report.imagesPerSecond(), report.waiting());
      restartTiming();
    } else if (!anyReport) {
      // The first step includes preparations, so it is not timed.
      restartTiming();
    }
    anyReport = true;
    listener.onStep(report);
  }

  private void restartTiming() {
    timedSince = System.nanoTime();
    waited = 0;
    imagesSinceLog = 0;
  }

  private void fail(TrainingFailedException e) {
    window.fail(() -> e);
  }

  /**
   * Stops after the current step, and writes a checkpoint, from which the run is resumed later. May
   * be called by any thread. The trainer still has to be closed.
   *
   * @param timeoutMillis the longest wait for the step and the checkpoint
   * @return the number of steps of the checkpoint; empty if it was not written in time
   */
  public OptionalLong stop(long timeoutMillis) throws InterruptedException {
    window.stop();
    thread.join(Math.max(1, timeoutMillis));
    return thread.isAlive() ? OptionalLong.empty() : OptionalLong.of(lastSaved);
  }

  /** Stops after the current step, and frees the network. */
  @Override
  public void close() {
    window.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    window.free();
    graph.close();
    monitor.close();
    try {
      log.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
