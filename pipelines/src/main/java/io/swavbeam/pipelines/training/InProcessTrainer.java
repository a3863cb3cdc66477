package io.swavbeam.pipelines.training;

import io.swavbeam.model.training.StripeReceiver;
import io.swavbeam.model.training.TrainingFailedException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** A trainer in the process that runs the pipeline: tensors are handed over, nothing is copied. */
public final class InProcessTrainer implements TrainerEndpoint, AutoCloseable {
  private static final long serialVersionUID = 1L;
  private static final Map<String, StripeReceiver> TRAINERS = new ConcurrentHashMap<>();

  private final String id = UUID.randomUUID().toString();

  /** Makes a trainer known to this process until this is closed. */
  public InProcessTrainer(StripeReceiver trainer) {
    TRAINERS.put(id, trainer);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The calling thread gives way to the trainer from here on, where the system has priorities
   * for threads: an op of the network is only as fast as the slowest of its threads, and the
   * DirectRunner's workers never rest.
   */
  @Override
  @SuppressWarnings("ThreadPriorityCheck") // nothing but speed depends on it
  public StripeReceiver connect() {
    Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
    StripeReceiver trainer = TRAINERS.get(id);
    if (trainer == null) {
      throw new TrainingFailedException(
          "the trainer is in another process: this pipeline needs a runner in its own process");
    }
    return trainer;
  }

  @Override
  public void close() {
    TRAINERS.remove(id);
  }
}
