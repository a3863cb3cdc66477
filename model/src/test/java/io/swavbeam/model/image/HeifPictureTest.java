package io.swavbeam.model.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.testing.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TUint8;

/** HEIC and AVIF pictures that were encoded without loss, see {@code pillow/heif.py}. */
class HeifPictureTest {
  private static Map<String, byte[]> entries;
  private static ImageDecoder decoder;

  @BeforeAll
  static void open() throws IOException {
    entries = TestImages.heif();
    decoder = new ImageDecoder(Alpha.WHITE);
  }

  @AfterAll
  static void close() {
    decoder.close();
  }

  private static List<String> names() {
    return FormatsTest.names(entries);
  }

  @Test
  void areWhatWasPutIntoThem() throws Exception {
    assumeThat(HeifPicture.isAvailable()).as("libheif's command is installed").isTrue();
    assertThat(names()).hasSize(8);
    for (String name : names()) {
      try (TUint8 image = decoder.decode(entries.get(name), ImageEncoding.FILE)) {
        boolean rotated = name.startsWith("turned") || name.startsWith("xmp");
        assertThat(image.shape().asArray())
            .containsExactly(rotated ? 37 : 29, rotated ? 29 : 37, 3);
      }
      int[] differences = FormatsTest.differences(decoder, entries, name);
      assertThat(Arrays.stream(differences).max().orElseThrow()).as(name).isLessThan(2);
    }
  }

  @Test
  void tellTheirSizeWithoutBeingDecoded() {
    for (String name : names()) {
      byte[] bytes = entries.get(name);
      assertThat(ImageDecoder.shorterSide(bytes, ImageEncoding.FILE)).as(name).hasValue(29);
      assertThat(ImageDecoder.memory(bytes, ImageEncoding.FILE)).as(name).isEqualTo(21 * 37 * 29);
      assertThatThrownBy(
              () -> decoder.decode(bytes, ImageEncoding.FILE, new ImageLimits(1 << 20, 100)))
          .isInstanceOf(UndecodableImageException.class)
          .hasMessageContaining("37 x 29 pixels, more than the limit of 100");
    }
  }

  /** The header has another size than the picture. The limits apply to the decoded picture, too. */
  @Test
  void aLyingHeaderHelpsNobody() {
    assumeThat(HeifPicture.isAvailable()).as("libheif's command is installed").isTrue();
    byte[] bytes = entries.get("rgb.avif").clone();
    int size = indexOf(bytes, "ispe") + 8;
    bytes[size + 3] = 3;
    bytes[size + 7] = 3;
    assertThat(ImageDecoder.shorterSide(bytes, ImageEncoding.FILE)).hasValue(3);
    assertThatThrownBy(
            () -> decoder.decode(bytes, ImageEncoding.FILE, new ImageLimits(1 << 20, 100)))
        .isInstanceOf(UndecodableImageException.class);
  }

  /** Boxes with random content, also in files that are cut off. */
  @Test
  void boxesThatLieAreNoTrouble() {
    int known = 0;
    for (String name : names()) {
      byte[] whole = entries.get(name);
      for (int length = 12; length < Math.min(whole.length, 900); length++) {
        known += ImageDecoder.memory(Arrays.copyOf(whole, length), ImageEncoding.FILE) > 0 ? 1 : 0;
      }
      Random random = new Random(1);
      for (int round = 0; round < 3_000; round++) {
        byte[] bytes = whole.clone();
        for (int i = 0; i < 3; i++) {
          bytes[12 + random.nextInt(500)] = (byte) (random.nextBoolean() ? random.nextInt(12) : -1);
        }
        known += ImageDecoder.memory(bytes, ImageEncoding.FILE) > 0 ? 1 : 0;
      }
    }
    assertThat(known).isGreaterThan(1_000);
  }

  @Test
  void damageIsADeadLetterAndLeavesNothingBehind() throws IOException {
    long before = leftBehind();
    int refused = 0;
    for (int round = 0; round < 60; round++) {
      Random random = new Random(round);
      byte[] bytes = entries.get(names().get(round % names().size())).clone();
      for (int i = 0; i < 4; i++) {
        bytes[12 + random.nextInt(Math.min(bytes.length, 700) - 12)] = (byte) random.nextInt(256);
      }
      byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, bytes.length / 2) : bytes;
      try {
        decoder.decode(cut, ImageEncoding.FILE, new ImageLimits(1 << 20, 1 << 20)).close();
      } catch (UndecodableImageException e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(20);
    assertThat(leftBehind()).isEqualTo(before);
  }

  private static long leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(file -> file.getFileName().toString().startsWith("swav-heif-")).count();
    }
  }

  private static int indexOf(byte[] bytes, String text) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
  }
}
