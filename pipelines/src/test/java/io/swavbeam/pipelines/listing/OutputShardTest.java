package io.swavbeam.pipelines.listing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.storage.Location;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputShardTest {
  /** Messages of Kafka may have one key and one length, and are two images. */
  @Test
  void idsTellImagesOfOneNameApart() {
    assertThat(shard(7).id()).isEqualTo(shard(7).id()).isNotEqualTo(shard(8).id());
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
