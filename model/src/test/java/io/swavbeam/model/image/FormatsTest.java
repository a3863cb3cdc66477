package io.swavbeam.model.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TestImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tensorflow.types.TUint8;

/** Compares pictures of many formats with Pillow, see {@code pillow/formats.py}. */
class FormatsTest {
  private static final String EXPECTED = ".rgb";
  private static final String REFUSED = ".refused";
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 40);

  private static Map<String, byte[]> entries;
  private static ImageDecoder decoder;

  @BeforeAll
  static void open() throws IOException {
    entries = TestImages.formats();
    decoder = new ImageDecoder(Alpha.WHITE);
  }

  @AfterAll
  static void close() {
    decoder.close();
  }

  private static List<String> names() {
    return names(entries);
  }

  /** Returns the names of the pictures, without the expected results. */
  static List<String> names(Map<String, byte[]> entries) {
    return entries.keySet().stream().filter(name -> entries.containsKey(name + EXPECTED)).toList();
  }

  @Test
  void areAsPillowHasThem() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (String name : names()) {
      int largest = Arrays.stream(differences(decoder, entries, name)).max().orElseThrow();
      if (largest > mostDifference(name)) {
        wrong.add("%s: %d".formatted(name, largest));
      }
    }
    assertThat(names()).hasSizeGreaterThan(60);
    assertThat(wrong).isEmpty();
  }

  /**
   * Returns the largest difference of a value from Pillow's. It is 0 except for JPEG in TIFF, which
   * has another decoder, and for L*a*b* and CMYK JPEGs, which are converted.
   */
  private static int mostDifference(String name) {
    boolean isComputed = name.equals("lab.tif") || name.equals("CMYK.jpg");
    return isComputed || (name.contains("jpeg") && name.endsWith(".tif")) ? 1 : 0;
  }

  /** Channels that Pillow does not read as colours are rejected. */
  @Test
  void refusesWhatPillowRefuses() {
    List<String> refused =
        entries.keySet().stream().filter(name -> name.endsWith(REFUSED)).toList();
    assertThat(refused).hasSizeGreaterThan(7);
    for (String why : refused) {
      byte[] picture = entries.get(why.substring(0, why.length() - REFUSED.length()));
      assertThatThrownBy(() -> decoder.decode(picture, ImageEncoding.FILE))
          .as(why)
          .isInstanceOf(UndecodableImageException.class)
          .hasMessageContaining(new String(entries.get(why), ISO_8859_1))
          .message()
          .doesNotContain("damaged");
    }
  }

  /** Returns the differences of a picture from the expected values. */
  static int[] differences(ImageDecoder decoder, Map<String, byte[]> entries, String name)
      throws UndecodableImageException {
    byte[] expected = entries.get(name + EXPECTED);
    try (TUint8 image = decoder.decode(entries.get(name), ImageEncoding.FILE)) {
      byte[] found = Tensors.bytes(image);
      assertThat(found).as(name).hasSameSizeAs(expected);
      int[] differences = new int[found.length];
      Arrays.setAll(
          differences,
          i -> Math.abs(Byte.toUnsignedInt(found[i]) - Byte.toUnsignedInt(expected[i])));
      return differences;
    }
  }

  @Test
  void tellTheirSizeAndMemory() throws Exception {
    for (String name : names()) {
      byte[] bytes = entries.get(name);
      assertThat(ImageDecoder.memory(bytes, ImageEncoding.FILE)).as(name).isPositive();
      try (TUint8 image = decoder.decode(bytes, ImageEncoding.FILE)) {
        long side = Math.min(image.shape().get(0), image.shape().get(1));
        assertThat(ImageDecoder.shorterSide(bytes, ImageEncoding.FILE))
            .as(name)
            .hasValue((int) side);
      }
      if (name.equals("1x1.webp")) {
        continue;
      }
      assertThatThrownBy(
              () -> decoder.decode(bytes, ImageEncoding.FILE, new ImageLimits(1 << 20, 1)))
          .as(name)
          .isInstanceOf(UndecodableImageException.class)
          .hasMessageMatching("\\d+ x \\d+ pixels, more than the limit of 1");
    }
  }

  @Test
  void whatIsNoPictureOfColoursIsRefused() {
    byte[] beyond = entries.get("float-rgb.tif").clone();
    ByteBuffer.wrap(beyond).order(ByteOrder.LITTLE_ENDIAN).putFloat(8, 1.5f); // after the header
    assertThatThrownBy(() -> decoder.decode(beyond, ImageEncoding.FILE))
        .isInstanceOf(UndecodableImageException.class)
        .hasMessage("a TIFF of floats that are not in 0 to 1, such as 1.5: scale them");
  }

  /**
   * Damaged pictures are dead letters: no other error, no endless loop, no memory beyond the
   * limits.
   */
  @Test
  @Timeout(value = 300, unit = TimeUnit.SECONDS)
  void damageIsADeadLetter() {
    int decoded = 0;
    int refused = 0;
    for (String name : names()) {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = mutated(entries.get(name), new Random(name.hashCode() + round));
        try {
          decoder.decode(bytes, ImageEncoding.FILE, new ImageLimits(1 << 20, 1 << 20)).close();
          decoded++;
        } catch (UndecodableImageException e) {
          assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
          refused++;
        } catch (RuntimeException | Error e) {
          throw new AssertionError("%s, round %d".formatted(name, round), e);
        }
      }
    }
    assertThat(decoded).isGreaterThan(100);
    assertThat(refused).isGreaterThan(100);
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original.clone();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      // Directories are at the end of a TIFF, headers at the beginning.
      int within = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 300);
      int at = random.nextInt(within);
      if (random.nextInt(3) == 0) {
        at = bytes.length - 1 - at;
      }
      bytes[at] = (byte) (random.nextInt(3) == 0 ? 0xFF : random.nextInt(256));
    }
    return random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }
}
