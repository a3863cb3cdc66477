package io.swavbeam.pipelines.listing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.storage.Location;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageSliceTest {
  /** Messages of Kafka may have one key and one length, and are two images. */
  @Test
  void idsTellImagesOfOneNameApart() {
    assertThat(slice(7).id()).isEqualTo(slice(7).id()).isNotEqualTo(slice(8).id());
  }

  private static ImageSlice slice(long position) {
    return ImageSlice.of(
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
