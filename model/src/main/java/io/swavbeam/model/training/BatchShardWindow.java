package io.swavbeam.model.training;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShardRefusedException.Reason;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.ndarray.Shape;

/**
 * The batch shards of the next steps. Workers submit them in any order, and the trainer takes them
 * step by step. The window holds the batch shards of a fixed number of steps at most. It drops a
 * batch shard that it already has, or whose step is done.
 *
 * <p>Safe for use by several threads at once. It owns the batch shards that it has accepted.
 */
final class BatchShardWindow {
  private final RunConfig run;
  private final SwavConfig config;
  private final int steps;

  // All fields below are guarded by this.
  private final Map<Long, BatchShard[]> held = new HashMap<>();
  private long nextStep;
  private boolean closed;
  private boolean stopped;
  private @Nullable TrainingFailedException failure;
  private long accepted;
  private long duplicates;
  private long applied;

  /**
   * @param steps number of steps whose batch shards are held at most
   * @param nextStep the first step that is not done
   */
  BatchShardWindow(RunConfig run, int steps, long nextStep) {
    this.run = run;
    this.config = run.recipe();
    this.steps = steps;
    this.nextStep = nextStep;
  }

  synchronized Progress progress() {
    throwFailure();
    long windowEnd = Math.min(run.steps(), nextStep + steps);
    boolean full = true;
    for (long step = nextStep; step < windowEnd; step++) {
      full &= isComplete(held.get(step));
    }
    return new Progress(nextStep, windowEnd, run.steps(), full);
  }

  synchronized Progress awaitProgress(Progress known, long timeoutMillis)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    long left = timeoutMillis;
    while (nextStep == known.nextStep() && failure == null && !closed && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
    throwFailure();
    // Throws, because a caller that retries at once would never stop.
    throwIfClosedEarly();
    return progress();
  }

  /** Waits until the last step is done. */
  synchronized void awaitCompletion() throws InterruptedException {
    while (!isDone() && failure == null && !closed) {
      wait();
    }
    throwFailure();
    throwIfClosedEarly();
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private void throwIfClosedEarly() {
    if (closed && !isDone()) {
      throw new TrainingFailedException("the trainer was closed at step " + nextStep);
    }
  }

  synchronized boolean isDone() {
    return nextStep >= run.steps();
  }

  /**
   * Accepts a batch shard, or closes it.
   *
   * @throws BatchShardRefusedException if it is not of this run, or beyond the window
   * @throws TrainingFailedException if training has failed
   */
  synchronized void submit(BatchShard shard) {
    boolean kept = false;
    try {
      throwFailure();
      if (shard.step() >= nextStep && shard.step() < run.steps()) {
        check(shard);
        BatchShard[] step =
            held.computeIfAbsent(shard.step(), any -> new BatchShard[config.shardsPerStep()]);
        if (step[shard.index()] == null) {
          step[shard.index()] = shard;
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
        shard.close();
      }
    }
  }

  private void check(BatchShard shard) {
    if (shard.step() >= nextStep + steps) {
      throw new BatchShardRefusedException(
          Reason.EARLY,
          "batch shard of step %d came before its window, which ends at %d"
              .formatted(shard.step(), nextStep + steps));
    }
    if (shard.index() < 0
        || shard.index() >= config.shardsPerStep()
        || shard.crops().size() != config.crops().size()) {
      throw new BatchShardRefusedException(Reason.MALFORMED, "a batch shard is not of this run");
    }
    for (int group = 0; group < config.crops().size(); group++) {
      CropSpec spec = config.crops().get(group);
      Shape expected = Shape.of(spec.count(), config.shardSize(), spec.size(), spec.size(), 3);
      if (!shard.crops().get(group).shape().equals(expected)) {
        throw new BatchShardRefusedException(
            Reason.MALFORMED,
            "a batch shard has crops of shape %s instead of %s"
                .formatted(shard.crops().get(group).shape(), expected));
      }
    }
  }

  private static boolean isComplete(BatchShard @Nullable [] step) {
    return step != null && Arrays.stream(step).allMatch(shard -> shard != null);
  }

  /**
   * Waits until all batch shards of the next step are there.
   *
   * @return the batch shards, which the window still owns; null if it was stopped or closed, or
   *     training has failed
   */
  synchronized BatchShard @Nullable [] awaitStep() {
    while (!closed && !stopped && failure == null) {
      BatchShard[] step = held.get(nextStep);
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

  /**
   * Frees the batch shards of the next step, which is applied, and advances to the step after it.
   */
  synchronized void stepApplied() {
    for (BatchShard shard : held.remove(nextStep)) {
      shard.close();
      applied++;
    }
    nextStep++;
    notifyAll();
  }

  /**
   * Fails all current and later callers. Does not free batch shards, because the trainer's thread
   * may still use them.
   *
   * @param reason called once, if nothing has failed before
   */
  synchronized void fail(Supplier<TrainingFailedException> reason) {
    if (failure == null) {
      failure = reason.get();
      notifyAll();
    }
  }

  synchronized Trainer.Statistics statistics() {
    return new Trainer.Statistics(accepted, duplicates, applied, accepted - applied);
  }

  /** Hands out no more steps. Callers that wait for progress keep waiting. */
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** Returns the first step that is not done, if this was stopped and training has not failed. */
  synchronized OptionalLong stoppedAt() {
    return stopped && failure == null ? OptionalLong.of(nextStep) : OptionalLong.empty();
  }

  /** Wakes all waiting callers, and ignores later results of the trainer's thread. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Frees all batch shards. May be called only after the trainer's thread has ended. */
  synchronized void free() {
    for (BatchShard[] shards : held.values()) {
      for (BatchShard shard : shards) {
        if (shard != null) {
          shard.close();
        }
      }
    }
    held.clear();
  }
}
