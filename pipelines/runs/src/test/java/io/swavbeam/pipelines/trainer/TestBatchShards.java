package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.model.training.BatchShard;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TUint8;

/** Batch shards of {@link TinyRecipe} with noise. */
public final class TestBatchShards {
  private TestBatchShards() {}

  /** Returns the only shard of a step, with one dead letter. */
  public static BatchShard of(int step) {
    List<TUint8> crops = new ArrayList<>();
    Random random = new Random(step);
    for (CropSpec spec : TinyRecipe.RECIPE.crops()) {
      Shape shape =
          Shape.of(spec.count(), TinyRecipe.RECIPE.shardSize(), spec.size(), spec.size(), 3);
      byte[] pixels = new byte[(int) shape.size()];
      random.nextBytes(pixels);
      crops.add(TUint8.tensorOf(shape, DataBuffers.of(pixels)));
    }
    return new BatchShard(
        step,
        0,
        crops,
        List.of(new DeadLetter("a.tar", "ü.jpg", "decode", "no image", ErrorKind.DAMAGED)));
  }
}
