package io.swavbeam.pipelines.archive.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which images of a store are prefetched, in which order, and how errors are passed on. */
class PrefetcherTest {
  private static final int LENGTH = 100;
  private static final int FILES = 20; // more files than parallel requests

  private static final String STORE = "memory://prefetcher";

  @TempDir private static Path folder;

  @BeforeAll
  static void put() throws IOException {
    Files.write(folder.resolve("one"), bytes(1));
    for (int i = 0; i < FILES; i++) {
      byte[] bytes = bytes(i);
      Stores.write(new Location(uri(i)), out -> out.write(ByteBuffer.wrap(bytes)));
    }
  }

  private static byte[] bytes(int number) {
    byte[] bytes = new byte[LENGTH];
    Arrays.fill(bytes, (byte) number);
    return bytes;
  }

  private static String uri(int number) {
    return STORE + "/%02d.jpg".formatted(number);
  }

  private static ImageRef ref(String uri, long offset, long length) {
    return ImageRef.stored(
        uri, offset, new Location(uri), offset, length, ImageEncoding.FILE, "a.jpg", null);
  }

  @Test
  void readsAllThatWereAnnouncedAndGivesEachOnce() throws IOException {
    List<ImageRef> refs = IntStream.range(0, FILES).mapToObj(i -> ref(uri(i), 0, LENGTH)).toList();
    try (Prefetcher prefetcher = new Prefetcher()) {
      prefetcher.prefetch(refs);
      for (int i = 0; i < FILES; i++) {
        assertThat(prefetcher.take(refs.get(i))).isEqualTo(bytes(i));
      }
      assertThat(prefetcher.take(refs.get(0))).isNull();
    }
  }

  @Test
  void leavesNeighboursAndFilesOfThisMachineToTheirReader() throws IOException {
    List<ImageRef> refs =
        List.of(
            ref(uri(1), 0, 10),
            ref(uri(1), 10, 10),
            ref(uri(2), 50, 10),
            ref(folder.resolve("one").toString(), 0, LENGTH));
    try (Prefetcher prefetcher = new Prefetcher()) {
      prefetcher.prefetch(refs);
      assertThat(prefetcher.take(refs.get(0))).hasSize(10);
      assertThat(prefetcher.take(refs.get(1))).isNull();
      assertThat(prefetcher.take(refs.get(2))).hasSize(10);
      assertThat(prefetcher.take(refs.get(3))).isNull();
    }
  }

  @Test
  void forgetsWhatWasAnnouncedBefore() throws IOException {
    ImageRef before = ref(uri(3), 0, LENGTH);
    ImageRef after = ref(uri(4), 0, LENGTH);
    try (Prefetcher prefetcher = new Prefetcher()) {
      prefetcher.prefetch(List.of(before));
      prefetcher.prefetch(List.of(after));
      assertThat(prefetcher.take(before)).isNull();
      assertThat(prefetcher.take(after)).isEqualTo(bytes(4));
    }
  }

  @Test
  void whatCannotBeReadIsToldToWhoTakesIt() throws IOException {
    ImageRef missing = ref(STORE + "/missing.jpg", 0, LENGTH);
    ImageRef there = ref(uri(5), 0, LENGTH);
    try (Prefetcher prefetcher = new Prefetcher()) {
      prefetcher.prefetch(List.of(missing, there));
      assertThatThrownBy(() -> prefetcher.take(missing)).isInstanceOf(IOException.class);
      assertThat(prefetcher.take(there)).isEqualTo(bytes(5));
    }
  }
}
