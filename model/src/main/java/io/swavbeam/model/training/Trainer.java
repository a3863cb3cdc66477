package io.swavbeam.model.training;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.monitoring.TrainingMonitor;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.training.StripeRefusedException.Reason;
import io.swavbeam.model.training.TrainingListener.StepReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/**
 * Holds the network of one run and applies its steps strictly in order, in a thread of its own.
 *
 * <p>It keeps the stripes of a window of steps, so that its memory is bounded; a stripe that it has
 * already, or whose step is done, is dropped. It alone knows how far the run is: after a crash,
 * {@link #progress} says which step comes next.
 */
public final class Trainer implements StripeReceiver, AutoCloseable {
  /**
   * How a trainer works; none of it changes the result.
   *
   * @param window steps whose stripes are kept, the one being applied included; at least 2
   * @param checkpointEvery steps between two checkpoints
   * @param keepCheckpoints how many of the newest checkpoints stay
   * @param keepEvery checkpoints whose step is a multiple of this stay too; 0 for none
   * @param logEvery steps between two lines of the metrics
   */
  public record Options(
      int window, int checkpointEvery, int keepCheckpoints, int keepEvery, int logEvery) {
    public static final Options DEFAULT = new Options(4, 100, 3, 0, 10);
  }

  /**
   * What this trainer has done since it was opened.
   *
   * @param accepted stripes that were kept
   * @param duplicates stripes that it had already, or whose step was done: dropped
   * @param applied stripes that are in the weights
   * @param held stripes that wait for their step
   */
  public record Statistics(long accepted, long duplicates, long applied, long held) {}

  private static final int MOST_OVERFLOWS = 50;

  private final Path directory;
  private final RunConfig run;
  private final SwavConfig config;
  private final Options options;
  private final TrainingListener listener;
  private final TrainingGraph graph;
  private final Checkpoints checkpoints;
  private final RunLog log;
  private final TrainingMonitor monitor;
  private final TrainingSchedule schedule;
  private final Thread thread;

  // Guarded by this.
  private final Map<Long, Stripe[]> held = new HashMap<>();
  private long nextStep;
  private boolean closed;
  private TrainingFailedException failure;
  private long accepted;
  private long duplicates;
  private long applied;

  // Only of the trainer's thread.
  private long clockStart;
  private long waited;
  private long imagesSinceLog;
  private boolean anyStep;
  private int overflows;

  /**
   * Builds the network, restores the newest checkpoint and begins to wait for stripes.
   *
   * @param directory claimed for {@code run}; it must stay open longer than the trainer
   * @param devices that compute
   * @throws TrainingFailedException where the checkpoint is damaged
   */
  public Trainer(
      RunDirectory directory,
      RunConfig run,
      Devices devices,
      Options options,
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
      nextStep = restored.step();
      opened = new RunLog(directory, restored);
      RunEnvironment.of(devices)
          .claim(directory.path(), nextStep == 0)
          .ifPresent(warning -> listener.onWarning(nextStep, warning));
      monitor = new TrainingMonitor(config, directory.path(), nextStep);
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

  @Override
  public synchronized Progress progress() {
    if (failure != null) {
      throw failure;
    }
    long windowEnd = Math.min(run.steps(), nextStep + options.window());
    boolean full = true;
    for (long step = nextStep; step < windowEnd; step++) {
      full &= isComplete(held.get(step));
    }
    return new Progress(nextStep, windowEnd, run.steps(), full);
  }

  @Override
  public synchronized Progress awaitProgress(Progress known, long timeoutMillis)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    long left = timeoutMillis;
    while (nextStep == known.nextStep() && failure == null && !closed && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
    if (closed && nextStep < run.steps() && failure == null) {
      // Whoever asks again at once would ask for ever.
      throw new TrainingFailedException("the trainer was closed at step " + nextStep);
    }
    return progress();
  }

  private static boolean isComplete(Stripe[] step) {
    return step != null && Arrays.stream(step).allMatch(stripe -> stripe != null);
  }

  @Override
  public synchronized void submit(Stripe stripe) {
    boolean kept = false;
    try {
      if (failure != null) {
        throw failure;
      }
      if (stripe.step() >= nextStep && stripe.step() < run.steps()) {
        check(stripe);
        Stripe[] step =
            held.computeIfAbsent(stripe.step(), any -> new Stripe[config.stripesPerStep()]);
        if (step[stripe.index()] == null) {
          step[stripe.index()] = stripe;
          kept = true;
          accepted++;
          notifyAll();
        }
      }
      if (!kept) {
        duplicates++;
      }
    } finally {
      if (!kept) {
        stripe.close();
      }
    }
  }

  @Override
  public synchronized void abort(String reason, List<DeadLetter> deadLetters) {
    // The trainer's thread may be at work on what is held: it is freed by close().
    if (failure == null) {
      failure = new TrainingFailedException(reason);
      try {
        log.deadLetters(deadLetters);
      } catch (IOException e) {
        failure =
            new TrainingFailedException(
                "%s; nor can the dead letters be written: %s".formatted(reason, e), e);
      }
      notifyAll();
    }
  }

  /** Counts since this trainer was opened; all stripes that were accepted are applied or held. */
  public synchronized Statistics statistics() {
    return new Statistics(accepted, duplicates, applied, accepted - applied);
  }

  private void check(Stripe stripe) {
    if (stripe.step() >= nextStep + options.window()) {
      throw new StripeRefusedException(
          Reason.EARLY,
          "stripe of step %d came before its window, which ends at %d"
              .formatted(stripe.step(), nextStep + options.window()));
    }
    if (stripe.index() < 0
        || stripe.index() >= config.stripesPerStep()
        || stripe.crops().size() != config.crops().size()) {
      throw new StripeRefusedException(Reason.MALFORMED, "a stripe is not of this run");
    }
    for (int group = 0; group < config.crops().size(); group++) {
      CropSpec spec = config.crops().get(group);
      Shape expected = Shape.of(spec.count(), config.stripeSize(), spec.size(), spec.size(), 3);
      if (!stripe.crops().get(group).shape().equals(expected)) {
        throw new StripeRefusedException(
            Reason.MALFORMED,
            "a stripe has crops of shape %s instead of %s"
                .formatted(stripe.crops().get(group).shape(), expected));
      }
    }
  }

  /**
   * Waits until every step is applied and the last checkpoint is written.
   *
   * @throws TrainingFailedException where training stopped before that
   */
  public synchronized void awaitCompletion() throws InterruptedException {
    while (nextStep < run.steps() && failure == null && !closed) {
      wait();
    }
    if (failure != null) {
      throw failure;
    }
    if (nextStep < run.steps()) {
      throw new TrainingFailedException("the trainer was closed at step " + nextStep);
    }
  }

  private void work() {
    try {
      if (nextStep == run.steps()) {
        return;
      }
      clockStart = System.nanoTime();
      while (true) {
        Stripe[] step = awaitStep();
        if (step == null) {
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
    } catch (RuntimeException | Error e) {
      fail(new TrainingFailedException("the trainer failed: " + e, e));
    }
  }

  /**
   * The stripes of the next step when all are there, or null when the trainer is closed or has
   * failed.
   */
  private Stripe[] awaitStep() {
    long start = System.nanoTime();
    Stripe[] step = awaitStripes();
    if (!anyStep) {
      // Until the pipeline has started, nobody could have sent anything.
      anyStep = true;
      clockStart = System.nanoTime();
    } else {
      waited += System.nanoTime() - start;
    }
    return step;
  }

  private synchronized Stripe[] awaitStripes() {
    while (!closed && failure == null) {
      Stripe[] step = held.get(nextStep);
      if (isComplete(step)) {
        return step;
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TrainingFailedException("the trainer was interrupted", e);
      }
    }
    return null;
  }

  private boolean apply(Stripe[] stripes) throws IOException {
    long step = stripes[0].step();
    TrainingSchedule.Step planned = schedule.at(step);
    List<List<TUint8>> crops = new ArrayList<>();
    for (Stripe stripe : stripes) {
      crops.add(stripe.crops());
      log.deadLetters(stripe.deadLetters());
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
      checkpoints.save(graph, step + 1, run.seed(), log.deadLetters());
    }
    synchronized (this) {
      for (Stripe stripe : held.remove(step)) {
        stripe.close();
        applied++;
      }
      nextStep = step + 1;
      notifyAll();
    }
    return last;
  }

  /** A run whose images are missing would learn from the rest without a word. */
  private void requireReadable(long step) {
    long needed = Math.min(run.images(), (step + 1) * config.batchSize());
    long unreadable = log.unreadableImages();
    if (unreadable > run.maxUnreadable() * needed) {
      throw new TrainingFailedException(
          "%,d of the %,d images that were needed until step %d cannot be read, more than --maxUnreadable=%s: dead-letters/images.jsonl of the run names them; mend them, or begin another run that allows more"
              .formatted(unreadable, needed, step, run.maxUnreadable()));
    }
  }

  /** What is not finite is never saved. */
  private void requireFinite(long step, StepResult result) {
    if (Float.isFinite(result.loss()) && Float.isFinite(result.gradientNorm())) {
      overflows = 0;
      return;
    }
    // With float16, a gradient may overflow: that step was left out, and the loss is scaled less.
    if (run.precision() == Precision.FLOAT16 && Float.isFinite(result.loss())) {
      overflows++;
      if (overflows < MOST_OVERFLOWS) {
        return;
      }
    }
    throw new TrainingFailedException(
        "step %d has the loss %s and gradients of length %s: try a lower --learningRate, a longer warm-up or --clipGlobalNorm=1; the last good checkpoint is kept"
            .formatted(step, result.loss(), result.gradientNorm()));
  }

  private void report(long step, TrainingSchedule.Step planned, StepResult result)
      throws IOException {
    double seconds = (System.nanoTime() - clockStart) / 1e9;
    StepReport report =
        new StepReport(
            step,
            run.steps(),
            (double) step * config.batchSize() / run.images(),
            result.loss(),
            result.gradientNorm(),
            result.codeEntropy(),
            result.featureDeviation(),
            monitor.prototypesUsed(),
            planned.learningRate(),
            imagesSinceLog / seconds,
            waited / 1e9 / seconds,
            seconds * config.batchSize() / imagesSinceLog);
    if ((step + 1) % options.logEvery() == 0 || step + 1 == run.steps()) {
      log.step(report);
      monitor.scalars(
          step, result, report.learningRate(), report.imagesPerSecond(), report.waiting());
      clockStart = System.nanoTime();
      waited = 0;
      imagesSinceLog = 0;
    }
    listener.onStep(report);
  }

  private synchronized void fail(TrainingFailedException e) {
    failure = e;
    freeHeld();
    notifyAll();
  }

  private void freeHeld() {
    for (Stripe[] stripes : held.values()) {
      for (Stripe stripe : stripes) {
        if (stripe != null) {
          stripe.close();
        }
      }
    }
    held.clear();
  }

  /** Stops after the step that is being applied, and frees the network. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    synchronized (this) {
      freeHeld();
    }
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
