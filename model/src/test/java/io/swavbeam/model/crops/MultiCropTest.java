package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TUint8;

class MultiCropTest {
  private static final int IMAGES = 8;
  private static final SwavConfig RECIPE = TinyRecipe.RECIPE;

  private static final List<TUint8> IMAGE_TENSORS = new ArrayList<>();
  private static MultiCrop crops;

  @BeforeAll
  static void open() throws UndecodableImageException {
    crops = new MultiCrop(RECIPE);
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (int i = 0; i < IMAGES; i++) {
        byte[] png = TestImages.encode(TestImages.smooth(i, 20 + 3 * i, 40 - i), "png");
        IMAGE_TENSORS.add(decoder.decode(png, ImageEncoding.FILE));
      }
    }
  }

  @AfterAll
  static void close() {
    IMAGE_TENSORS.forEach(TUint8::close);
  }

  @Test
  void haveTheirShapes() {
    List<TUint8> groups = cropAll(1, 0);
    assertThat(groups.get(0).shape().asArray()).containsExactly(2, IMAGES, 12, 12, 3);
    assertThat(groups.get(1).shape().asArray()).containsExactly(2, IMAGES, 8, 8, 3);
    groups.forEach(TUint8::close);
  }

  @Test
  void areAFunctionOfSeedPositionAndNumber() throws Exception {
    List<byte[]> together = bytes(cropAll(7, 1000));
    for (int i = 0; i < IMAGES; i++) {
      // One image alone, at its own position.
      List<byte[]> alone = bytes(crop(7, 1000 + i, IMAGE_TENSORS.subList(i, i + 1)));
      for (int group = 0; group < alone.size(); group++) {
        int length = alone.get(group).length / 2;
        for (int view = 0; view < 2; view++) {
          int at = (view * IMAGES + i) * length;
          assertThat(Arrays.copyOfRange(together.get(group), at, at + length))
              .isEqualTo(Arrays.copyOfRange(alone.get(group), view * length, (view + 1) * length));
        }
      }
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<List<byte[]>>> results = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        results.add(threads.submit(() -> bytes(cropAll(7, 1000))));
      }
      for (Future<List<byte[]>> result : results) {
        assertThat(result.get().get(0)).isEqualTo(together.get(0));
        assertThat(result.get().get(1)).isEqualTo(together.get(1));
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void differByEachOfTheThree() {
    // The same image for all crops, so that only the parameters differ.
    List<TUint8> same = Collections.nCopies(IMAGES, IMAGE_TENSORS.get(0));
    Set<Long> different = new HashSet<>();
    for (long seed = 0; seed < 2; seed++) {
      for (byte[] group : bytes(crop(seed, 0, same))) {
        int length = group.length / (2 * IMAGES);
        for (int i = 0; i < 2 * IMAGES; i++) {
          CRC32 crc = new CRC32();
          crc.update(group, i * length, length);
          different.add(crc.getValue());
        }
      }
    }
    assertThat(different).hasSize(2 * 2 * 2 * IMAGES);
  }

  /** These values are the same on every machine and must never change. */
  @Test
  void areTheSameEverywhere() {
    CRC32 crc = new CRC32();
    bytes(cropAll(1, 0)).forEach(crc::update);
    assertThat(crc.getValue()).isEqualTo(0xE74C52D3L);
  }

  private static List<TUint8> cropAll(long seed, long position) {
    return crop(seed, position, IMAGE_TENSORS);
  }

  private static List<TUint8> crop(long seed, long position, List<TUint8> images) {
    try (MultiCrop.Batch batch = crops.batch(images.size(), seed, position)) {
      images.forEach(batch::add);
      return batch.finish();
    }
  }

  private static List<byte[]> bytes(List<TUint8> groups) {
    List<byte[]> bytes = groups.stream().map(Tensors::bytes).toList();
    groups.forEach(TUint8::close);
    return bytes;
  }
}
