package io.swavbeam.model.training;

import io.swavbeam.model.image.DeadLetter;
import java.util.List;
import org.tensorflow.types.TUint8;

/**
 * A fixed part of the batch of one step. Workers make and send batch shards. A batch shard owns its
 * tensors.
 *
 * @param step number of the step, from 0
 * @param index number of the batch shard in its step, from 0
 * @param crops for each crop size {@code [count, batch shard size, size, size, 3] uint8}
 * @param deadLetters images that were replaced in this batch shard
 */
public record BatchShard(long step, int index, List<TUint8> crops, List<DeadLetter> deadLetters)
    implements AutoCloseable {
  @Override
  public void close() {
    crops.forEach(TUint8::close);
  }
}
