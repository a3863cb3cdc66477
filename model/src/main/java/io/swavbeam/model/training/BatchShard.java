package io.swavbeam.model.training;

import io.swavbeam.model.image.DeadLetter;
import java.util.List;
import org.tensorflow.types.TUint8;

/**
 * A fixed part of one step's batch: the unit of work and of transport. It owns its tensors.
 *
 * @param step that it belongs to, from 0
 * @param index among the batch shards of that step, from 0
 * @param crops for each crop size {@code [count, batch shard size, size, size, 3] uint8}
 * @param deadLetters images that had to be replaced in this batch shard
 */
public record BatchShard(long step, int index, List<TUint8> crops, List<DeadLetter> deadLetters)
    implements AutoCloseable {
  @Override
  public void close() {
    crops.forEach(TUint8::close);
  }
}
