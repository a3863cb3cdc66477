package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.BatchShardReceiver;
import io.swavbeam.model.training.Progress;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.beam.sdk.annotations.Internal;

/** A trainer in the process that runs the pipeline: tensors are handed over, nothing is copied. */
@Internal
public final class InProcessTrainer implements TrainerEndpoint, AutoCloseable {
  private static final long serialVersionUID = 1L;
  private static final Map<String, Connection> TRAINERS = new ConcurrentHashMap<>();

  private final String id = UUID.randomUUID().toString();

  /**
   * Makes a trainer known to this process until this is closed.
   *
   * @param folder that {@link Manifest#write} wrote
   */
  public InProcessTrainer(BatchShardReceiver trainer, Path folder) {
    TRAINERS.put(id, new Connection(trainer, folder));
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
  public TrainerConnection connect() {
    Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
    Connection trainer = TRAINERS.get(id);
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

  private record Connection(BatchShardReceiver trainer, Path folder) implements TrainerConnection {
    @Override
    public Manifest manifest() throws IOException {
      return Manifest.read(folder);
    }

    @Override
    public Progress progress() {
      return trainer.progress();
    }

    @Override
    public Progress awaitProgress(Progress known, long timeoutMillis) throws InterruptedException {
      return trainer.awaitProgress(known, timeoutMillis);
    }

    @Override
    public void submit(BatchShard shard) {
      trainer.submit(shard);
    }

    @Override
    public void abort(String reason, List<DeadLetter> deadLetters) {
      trainer.abort(reason, deadLetters);
    }

    @Override
    public void close() {}
  }
}
