package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.DrawnPicture;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.input.InputFiles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Archives and pictures with random damage are read or become dead letters. A failure prints the
 * seed of its mutation. Every build tries the same mutations. {@code -Dfuzz.seed=1000000
 * -Dfuzz.rounds=10000} tries others.
 */
@Tag("slow")
class FuzzTest {
  /** The number of mutations of each file. They take about a minute on two cores. */
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 1_200);

  private static final ImageLimits LIMITS = new ImageLimits(1 << 20, 1 << 20);

  @TempDir private Path folder;

  private Map<String, byte[]> originals() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("photos.tar", TestArchives.tar(4));
    files.put("photos.tar.gz", TestArchives.gzip(TestArchives.tar(4)));
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      for (int i = 0; i < 3; i++) {
        out.putNextEntry(new ZipEntry("cat/%d.jpg".formatted(i)));
        out.write(TestImages.jpeg(i, 12, 12));
      }
      out.putNextEntry(new ZipEntry("inner.tar"));
      out.write(TestArchives.tar(2));
    }
    files.put("photos.zip", zip.toByteArray());
    files.put(
        "train-images-idx3-ubyte",
        ByteBuffer.allocate(16 + 48).putInt(0x803).putInt(2).putInt(4).putInt(6).array());
    files.put("data_batch_1.bin", new byte[3 * 3073]);
    files.put("a.jpg", TestImages.jpeg(1, 24, 20));
    for (String format : List.of("png", "gif", "bmp")) {
      ByteArrayOutputStream picture = new ByteArrayOutputStream();
      ImageIO.write(new BufferedImage(17, 9, BufferedImage.TYPE_INT_RGB), format, picture);
      files.put("a." + format, picture.toByteArray());
    }
    ByteArrayOutputStream logo = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(17, 9, BufferedImage.TYPE_INT_ARGB), "png", logo);
    files.put("logo.png", DrawnPicture.mark(logo.toByteArray()));
    files.put("runs.bmp", bmpWithRuns());
    Map<String, byte[]> formats = TestImages.formats();
    for (String name :
        List.of(
            "lossy-80.webp",
            "lossless-alpha.webp",
            "RGB-tiff_lzw.tif",
            "tiles-16x3.tif",
            "colours.ppm")) {
      files.put(name, formats.get(name));
    }
    return files;
  }

  /** Returns a BMP of 6 x 3 pixels: a run, literal pixels, a jump and the end. */
  private static byte[] bmpWithRuns() {
    byte[] runs = {2, 1, 0, 3, 2, 3, 1, 0, 0, 0, 0, 2, 2, 0, 2, 3, 0, 1};
    ByteBuffer bmp = ByteBuffer.allocate(54 + 16 + runs.length).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(bmp.capacity()).putInt(0).putInt(54 + 16);
    bmp.putInt(40).putInt(6).putInt(3).putShort((short) 1).putShort((short) 8).putInt(1);
    bmp.putInt(runs.length).putInt(0).putInt(0).putInt(4).putInt(0);
    return bmp.putInt(0).putInt(0xFF).putInt(0xFF00).putInt(0xFF0000).put(runs).array();
  }

  @Test
  @Timeout(3600)
  void nothingButImagesAndDeadLetters() throws Exception {
    Map<String, byte[]> originals = originals();
    long seed = Long.getLong("fuzz.seed", 1);
    System.out.println("fuzzing from seed " + seed);
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (int round = 0; round < ROUNDS; round++) {
        for (Map.Entry<String, byte[]> original : originals.entrySet()) {
          seed++;
          Path file = folder.resolve(original.getKey());
          Files.write(file, mutated(original.getValue(), new Random(seed)));
          try {
            read(file, decoder);
          } catch (IOException | RuntimeException | Error e) {
            throw new AssertionError("seed %d of %s".formatted(seed, original.getKey()), e);
          }
        }
      }
    }
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      // Half of the mutations are in the first or last bytes, where headers and directories are.
      int within = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 600);
      int at = random.nextInt(within);
      if (random.nextInt(4) == 0) {
        at = bytes.length - 1 - at;
      }
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0x7F);
        default -> {
          bytes = Arrays.copyOf(bytes, Math.max(1, at));
          if (bytes.length < 16) {
            return bytes;
          }
        }
      }
    }
    return bytes;
  }

  private static void read(Path file, ImageDecoder decoder) throws IOException {
    Walked walked = new Walked(LIMITS, SampleFields.DEFAULT);
    walked.list(InputFiles.named(file.toString()));
    for (Walked.Image image : walked.read()) {
      try {
        decoder.decode(image.bytes(), image.ref().encoding(), LIMITS).close();
      } catch (UndecodableImageException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    walked.letters.forEach(letter -> assertThat(letter.error()).isNotBlank().doesNotContain("\n"));
  }
}
