package io.swavbeam.pipelines.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.Shuffle;
import java.util.BitSet;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageOrderTest {
  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void everyEpochShowsEveryImageOnce(Shuffle shuffle) {
    for (int images = 1; images < 300; images++) {
      ImageOrder order = ImageOrder.of(shuffle, 1, images);
      for (int epoch = 0; epoch < 3; epoch++) {
        long start = (long) images * epoch;
        BitSet seen = new BitSet();
        for (int i = 0; i < images; i++) {
          seen.set((int) order.imageOf(start + i, 0));
        }
        assertThat(seen.cardinality()).isEqualTo(images);
        assertThat(seen.length()).isEqualTo(images);
        assertThat(order.imageOf(start + images - 1, 1)).isEqualTo(order.imageOf(start, 0));
      }
    }
  }

  /** Resumed runs of version 0.2 and before. */
  @Test
  void anOlderRunKeepsItsOrder() {
    ImageOrder order = ImageOrder.of(Shuffle.FISHER_YATES, 1, 7);
    assertThat(new long[] {order.imageOf(0, 0), order.imageOf(1, 0), order.imageOf(8, 0)})
        .containsExactly(0, 4, 1);
  }

  /** These orders must be the same in later versions. */
  @Test
  void theOrderIsTheSameInEveryVersion() {
    ImageOrder order = ImageOrder.of(Shuffle.FEISTEL, 1, 1_000_003);
    assertThat(new long[] {order.imageOf(0, 0), order.imageOf(1, 0), order.imageOf(2_000_007, 0)})
        .containsExactly(981_291, 544_465, 187_707);
  }

  /** Each image is equally likely at each position: chi-square within six standard deviations. */
  @ParameterizedTest
  @EnumSource(Shuffle.class)
  void noPlaceIsPreferred(Shuffle shuffle) {
    for (int images : new int[] {5, 16, 33}) {
      int epochs = 20_000;
      ImageOrder order = ImageOrder.of(shuffle, 3, images);
      long[][] counts = new long[images][images];
      long neighbours = 0;
      for (int epoch = 0; epoch < epochs; epoch++) {
        for (int place = 0; place < images; place++) {
          long image = order.imageAt(epoch, place);
          counts[place][(int) image]++;
          neighbours += order.imageAt(epoch, (place + 1) % images) == (image + 1) % images ? 1 : 0;
        }
      }
      double expected = (double) epochs / images;
      for (long[] place : counts) {
        double chiSquare = 0;
        for (long count : place) {
          chiSquare += (count - expected) * (count - expected) / expected;
        }
        assertThat(chiSquare)
            .isCloseTo(images - 1, Offset.offset(6 * Math.sqrt(2.0 * (images - 1))));
      }
      // The successor of an image is random, too.
      double following = (double) epochs * images / (images - 1);
      assertThat((double) neighbours).isCloseTo(following, Offset.offset(6 * Math.sqrt(following)));
    }
  }

  @Test
  void hasMoreImagesThanAnArrayAndNeedsNoMemory() {
    long images = 50_000_000_000L;
    ImageOrder order = ImageOrder.of(Shuffle.FEISTEL, 1, images);
    for (long position = 0; position < 10 * images; position += images / 7) {
      assertThat(order.imageOf(position, 0)).isBetween(0L, images - 1);
    }
    assertThatThrownBy(() -> ImageOrder.of(Shuffle.FISHER_YATES, 1, images))
        .isInstanceOf(ArithmeticException.class);
  }
}
