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

/** A trainer in the process of the pipeline. Tensors are passed to it without copying. */
@Internal
public final class InProcessTrainer implements TrainerEndpoint, AutoCloseable {
  private static final long serialVersionUID = 1L;
  private static final Map<String, Connection> TRAINERS = new ConcurrentHashMap<>();

  private final String id = UUID.randomUUID().toString();

  /**
   * Registers a trainer in this process until this instance is closed.
   *
   * @param folder the folder of the manifest
   */
  public InProcessTrainer(BatchShardReceiver trainer, Path folder) {
    TRAINERS.put(id, new Connection(trainer, folder));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Sets the lowest priority for the calling thread, if the system supports thread priorities.
   * An op of the network is only as fast as the slowest of its threads, and the workers of the
   * DirectRunner are always busy.
   */
  @Override
  @SuppressWarnings("ThreadPriorityCheck") // only the speed depends on it
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
