package io.swavbeam.pipelines.trainer.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Drainable;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.model.training.BatchShard;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TUint8;

/** What comes from another machine is checked before memory is taken for it. */
class BatchShardMarshallerTest {
  private static final SwavConfig RECIPE = TinyRecipe.RECIPE;

  @Test
  void noByteOfAMalformedMessageDoesHarm() {
    BatchShardMarshaller marshaller = new BatchShardMarshaller();
    byte[] good = bytes(shard(1));
    try (BatchShard read = marshaller.parse(new ByteArrayInputStream(good))) {
      assertThat(bytes(read)).isEqualTo(good);
    }
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      for (int j = 0; j < 3; j++) {
        bad[random.nextInt(60)] = (byte) random.nextInt();
      }
      byte[] cut = Arrays.copyOf(bad, random.nextInt(bad.length));
      assertThatThrownBy(() -> marshaller.parse(new ByteArrayInputStream(cut)))
          .hasMessageContaining("malformed batch shard");
    }
  }

  private static byte[] bytes(BatchShard shard) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ((Drainable) new BatchShardMarshaller().stream(shard)).drainTo(out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  @Test
  void refusesADeadLetterThatIsNone() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(0);
      out.writeInt(0);
      out.writeInt(1);
      out.writeUTF("null");
      out.writeInt(0);
    }
    assertThatThrownBy(
            () -> new BatchShardMarshaller().parse(new ByteArrayInputStream(bytes.toByteArray())))
        .hasMessageContaining("malformed batch shard: not a dead letter: null");
  }

  private static BatchShard shard(int step) {
    List<TUint8> crops = new ArrayList<>();
    Random random = new Random(step);
    for (CropSpec spec : RECIPE.crops()) {
      Shape shape = Shape.of(spec.count(), RECIPE.shardSize(), spec.size(), spec.size(), 3);
      byte[] pixels = new byte[(int) shape.size()];
      random.nextBytes(pixels);
      crops.add(TUint8.tensorOf(shape, DataBuffers.of(pixels)));
    }
    return new BatchShard(
        step, 0, crops, List.of(new DeadLetter("a.tar", "ü.jpg", "decode", "no image")));
  }
}
