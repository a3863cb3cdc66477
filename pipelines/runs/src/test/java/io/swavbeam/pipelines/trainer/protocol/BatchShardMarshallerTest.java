package io.swavbeam.pipelines.trainer.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Drainable;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.pipelines.trainer.TestBatchShards;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages of other machines are checked before memory is allocated. */
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

  /** A zip may have names of 65,535 bytes, and JSON escapes make them longer. */
  @Test
  void namesAreAsLongAsAnArchiveMayMakeThem() {
    DeadLetter letter =
        new DeadLetter(
            "/a.zip", "\u0001\u6f22".repeat(1 << 14), "decode", "damaged", 3L, ErrorKind.DAMAGED);
    BatchShard shard = new BatchShard(1, 0, List.of(), List.of(letter));
    try (BatchShard read =
        new BatchShardMarshaller().parse(new ByteArrayInputStream(bytes(shard)))) {
      assertThat(read.deadLetters()).containsExactly(letter);
    }
  }

  @Test
  void refusesADeadLetterThatIsNone() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(0);
      out.writeInt(0);
      out.writeInt(1);
      out.writeInt("null".length());
      out.writeBytes("null");
      out.writeInt(0);
    }
    assertThatThrownBy(
            () -> new BatchShardMarshaller().parse(new ByteArrayInputStream(bytes.toByteArray())))
        .hasMessageContaining("malformed batch shard: not a dead letter: null");
  }
}
