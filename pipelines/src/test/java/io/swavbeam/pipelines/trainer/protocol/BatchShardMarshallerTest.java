package io.swavbeam.pipelines.trainer.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Drainable;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.pipelines.trainer.TestBatchShards;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What comes from another machine is checked before memory is taken for it. */
class BatchShardMarshallerTest {
  @Test
  void noByteOfAMalformedMessageDoesHarm() {
    BatchShardMarshaller marshaller = new BatchShardMarshaller();
    byte[] good = bytes(TestBatchShards.of(1));
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
}
