package io.swavbeam.model.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.run.TrainingFailedException;
import java.util.List;

/** A receiver of batch shards: a trainer in this process, or the connection to one elsewhere. */
public interface BatchShardReceiver {
  /**
   * Returns the progress of the trainer.
   *
   * @throws TrainingFailedException if training has stopped for good
   */
  Progress progress();

  /**
   * Waits until the trainer has made progress.
   *
   * @param known the last progress of the caller
   * @param timeoutMillis the longest wait, after which {@code known} may be returned
   * @return the progress
   * @throws TrainingFailedException if training has failed
   */
  Progress awaitProgress(Progress known, long timeoutMillis) throws InterruptedException;

  /**
   * Submits a batch shard, and returns when the trainer has it. The trainer drops a batch shard
   * that it already has, or whose step is done, so a batch shard may be submitted again.
   *
   * @param shard within the window; the receiver owns it from here on, also if this fails
   * @throws BatchShardRefusedException if it is not of this run, or beyond the window
   * @throws TrainingFailedException if training has stopped for good
   */
  void submit(BatchShard shard);

  /**
   * Stops training for good, because its batch shards cannot be made.
   *
   * @param reason one line with the reason and the remedy
   * @param deadLetters images that could not be read; only some of them if there are many
   */
  void abort(String reason, List<DeadLetter> deadLetters);
}
