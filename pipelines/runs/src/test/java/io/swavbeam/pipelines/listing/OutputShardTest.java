package io.swavbeam.pipelines.listing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.RowsRef;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class OutputShardTest {
  /** Two Kafka messages may have the same key and length, but are different images. */
  @Test
  void idsTellImagesOfOneNameApart() {
    assertThat(shard(7).id()).isEqualTo(shard(7).id()).isNotEqualTo(shard(8).id());
  }

  /** Equal values have equal bytes in shuffles and state, and each kind can be decoded. */
  @Test
  void eachKindIsCodedByItsFields() throws Exception {
    Location file = new Location("/data/a.tar");
    ImageRef image =
        ImageRef.stored("/data/a.tar", 512, file, 1024, 7, ImageEncoding.FILE, "1.jpg", "cat");
    ArchiveRef archive =
        new ArchiveRef("/data/a.tar!/b.tgz", file, 9, 8, Packing.STORED, -1, "b.tgz");
    RowsRef rows = new RowsRef("/data/c.parquet", 5, file, 0, 100, 4, 50, "c.parquet");
    BytesRef bytes = new BytesRef("kafka://images/0", 3, 1, "cat");
    for (InputRef ref : List.of(image, archive, rows, bytes)) {
      assertThat(copied(RecordSchema.coder(InputRef.class), ref)).isEqualTo(ref);
    }
    for (OutputShard shard :
        List.of(
            OutputShard.of(List.of(image, archive, rows)),
            new OutputShard.Listed(file, 3, 4, true))) {
      OutputShard copy = copied(RecordSchema.coder(OutputShard.class), shard);
      assertThat(copy).isEqualTo(shard);
      assertThat(copy.id()).isEqualTo(shard.id());
    }
    OutputShard.Received received =
        new OutputShard.Received(List.of(bytes), List.of(new byte[] {1}));
    OutputShard copy = copied(RecordSchema.coder(OutputShard.class), received);
    assertThat(copy.load().images()).isEqualTo(received.images());
    assertThat(copy.load().content(0)).containsExactly(1);
  }

  private static <T> T copied(Coder<T> coder, T value) throws CoderException {
    byte[] bytes = CoderUtils.encodeToByteArray(coder, value);
    T copy = CoderUtils.decodeFromByteArray(coder, bytes);
    assertThat(CoderUtils.encodeToByteArray(coder, copy)).isEqualTo(bytes);
    return copy;
  }

  private static OutputShard shard(long position) {
    return OutputShard.of(
        List.of(
            ImageRef.stored(
                "kafka://images/0",
                position,
                new Location("kafka://images"),
                0,
                100,
                ImageEncoding.FILE,
                "cat",
                null)));
  }
}
