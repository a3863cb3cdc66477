package io.swavbeam.model.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.run.TrainingFailedException;
import java.util.List;

/** Takes batch shards: the only way to a trainer, in this process or another. */
public interface BatchShardReceiver {
  /**
   * What the trainer wants next.
   *
   * @throws TrainingFailedException if training has stopped for good
   */
  Progress progress();

  /**
   * Waits until the trainer is further than it was.
   *
   * @param known how far it was
   * @param timeoutMillis the longest wait, after which the same may be returned again
   * @return how far it is
   * @throws TrainingFailedException if training has stopped for good
   */
  Progress awaitProgress(Progress known, long timeoutMillis) throws InterruptedException;

  /**
   * Hands over a batch shard and returns when the trainer has it. A batch shard that the trainer
   * has already, or whose step is done, is accepted and dropped: handing over again is always safe.
   *
   * @param shard within the window; it is the trainer's from here on, also when this fails
   * @throws BatchShardRefusedException if it does not fit, or lies beyond the window
   * @throws TrainingFailedException if training has stopped for good
   */
  void submit(BatchShard shard);

  /**
   * Stops training for good, where whoever makes the batch shards finds that it cannot be done.
   *
   * @param deadLetters the images that could not be read, some of them where they are many
   * @param reason one line that says why and what can be done
   */
  void abort(String reason, List<DeadLetter> deadLetters);
}
