package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.ObjectStore;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that differ only in their bytes are distinguished. */
@Tag("slow")
class SameNamesTest {
  private static final int IMAGES = 20;
  private static final int SIDE = 28;

  @RegisterExtension static final ObjectStore STORE = new ObjectStore();

  @TempDir private Path folder;

  /** Containers of images, whose names and lengths do not depend on the pixels. */
  enum Kind {
    IDX("train-images-idx3-ubyte") {
      @Override
      byte[] bytes(int seed) {
        return ByteBuffer.allocate(16 + IMAGES * SIDE * SIDE)
            .putInt(0x803)
            .putInt(IMAGES)
            .putInt(SIDE)
            .putInt(SIDE)
            .put(noise(IMAGES * SIDE * SIDE, seed))
            .array();
      }
    },
    CIFAR("data_batch_1.bin") {
      @Override
      byte[] bytes(int seed) {
        byte[] bytes = noise(IMAGES * 3073, seed);
        for (int i = 0; i < IMAGES; i++) {
          bytes[i * 3073] = (byte) (i % 10);
        }
        return bytes;
      }
    },
    TAR("images.tar") {
      @Override
      byte[] bytes(int seed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
          for (int i = 0; i < IMAGES; i++) {
            byte[] image = bmp(seed + i);
            TarArchiveEntry entry = new TarArchiveEntry("cat/%d.bmp".formatted(i));
            entry.setModTime(0);
            entry.setSize(image.length);
            tar.putArchiveEntry(entry);
            tar.write(image);
            tar.closeArchiveEntry();
          }
        }
        return bytes.toByteArray();
      }
    },
    GZIP("images.tar.gz") {
      @Override
      byte[] bytes(int seed) throws IOException {
        // Padded, because noise does not always compress to the same length.
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
          gzip.write(TAR.bytes(seed));
        }
        return ByteBuffer.allocate(60_000).put(bytes.toByteArray()).array();
      }
    },
    ZIP("images.zip") {
      @Override
      byte[] bytes(int seed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
          for (int i = 0; i < IMAGES; i++) {
            byte[] image = bmp(seed + i);
            ZipEntry entry = new ZipEntry("cat/%d.bmp".formatted(i));
            CRC32 crc = new CRC32();
            crc.update(image);
            entry.setMethod(ZipEntry.STORED);
            entry.setTime(0);
            entry.setSize(image.length);
            entry.setCrc(crc.getValue());
            zip.putNextEntry(entry);
            zip.write(image);
          }
        }
        return bytes.toByteArray();
      }
    },
    FOLDER("cat/0.bmp") {
      @Override
      byte[] bytes(int seed) throws IOException {
        return bmp(seed);
      }

      @Override
      void write(Path folder, int seed) throws IOException {
        for (int i = 0; i < IMAGES; i++) {
          put(folder.resolve("cat/%d.bmp".formatted(i)), bytes(seed + i));
        }
      }
    };

    final String file;

    Kind(String file) {
      this.file = file;
    }

    abstract byte[] bytes(int seed) throws IOException;

    void write(Path folder, int seed) throws IOException {
      put(folder.resolve(file), bytes(seed));
    }

    static void put(Path file, byte[] bytes) throws IOException {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
    }

    private static byte[] noise(int length, int seed) {
      byte[] bytes = new byte[length];
      new Random(seed).nextBytes(bytes);
      return bytes;
    }

    private static byte[] bmp(int seed) throws IOException {
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      Random random = new Random(seed);
      for (int i = 0; i < SIDE * SIDE; i++) {
        image.setRGB(i % SIDE, i / SIDE, random.nextInt(1 << 24));
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(image, "bmp", bytes);
      return bytes.toByteArray();
    }
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private Outcome train(String input, String output, String... more) throws IOException {
    return Commands.swav(
        List.of(
            "train",
            "--preset=" + TestPhotos.recipe(folder),
            "--precision=float32",
            "--steps=2",
            "--input=" + input,
            "--output=" + path(output)),
        more);
  }

  private Outcome embed(String run, String input, String output, String... more) {
    return Commands.swav(
        List.of("embed", "--model=" + path(run), "--input=" + input, "--output=" + path(output)),
        more);
  }

  private static void assertRefused(Outcome outcome, String message) {
    assertThat(outcome.err()).contains(message).hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
  }

  private long rows(String output) throws IOException {
    long[] rows = new long[1];
    EmbeddingFiles.read(Folder.of(path(output)), row -> rows[0]++);
    return rows[0];
  }

  private Set<String> models(String... outputs) throws IOException {
    Set<String> models = new TreeSet<>();
    for (String output : outputs) {
      EmbeddingFiles.read(Folder.of(path(output)), row -> models.add(row.model()));
    }
    return models;
  }

  @ParameterizedTest
  @EnumSource
  void otherBytesAreAnotherRunAnotherModelAndNotEmbeddedTwice(Kind kind) throws IOException {
    Path input = folder.resolve("input");
    kind.write(input, 1);
    String named = input.resolve(kind.file) + " holds other bytes than when ";
    assertThat(train(input.toString(), "run").err()).isEmpty();
    assertThat(train(input.toString(), "run").out()).contains("resuming after step 2 of 2");
    assertThat(embed("run", input.toString(), "rows").err()).isEmpty();
    assertThat(embed("run", input.toString(), "rows").out()).contains("nothing to do");

    kind.write(input, 1000);
    assertRefused(train(input.toString(), "run"), named + "this run began");
    assertRefused(embed("run", input.toString(), "rows"), named + "its images were embedded into");
    assertThat(rows("rows")).isEqualTo(IMAGES);

    assertThat(train(input.toString(), "run2").err()).isEmpty();
    assertThat(embed("run2", input.toString(), "rows2").err()).isEmpty();
    assertThat(models("rows", "rows2")).hasSize(2);
    assertRefused(embed("run2", input.toString(), "rows"), "already holds embeddings of model");

    // With the original bytes, the run continues.
    kind.write(input, 1);
    assertThat(train(input.toString(), "run").out()).contains("resuming after step 2 of 2");
    assertThat(embed("run", input.toString(), "rows").out()).contains("nothing to do");
  }

  @Test
  void objectsOfAStoreToo() throws IOException {
    String input = ObjectStore.BUCKET + "/pairs";
    String[] store = STORE.options().toArray(String[]::new);
    for (Kind kind : List.of(Kind.TAR, Kind.FOLDER)) {
      kind.write(folder.resolve("input"), 1);
    }
    STORE.put(folder.resolve("input"), input);
    assertThat(train(input, "run", store).err()).isEmpty();
    assertThat(train(input, "run", store).out()).contains("resuming after step 2 of 2");
    assertThat(embed("run", input, "rows", store).err()).isEmpty();
    // The same files on the local disk.
    assertThat(train(path("input"), "run", store).out()).contains("resuming after step 2 of 2");

    Kind.put(folder.resolve("input/cat/7.bmp"), Kind.FOLDER.bytes(1000));
    STORE.put(folder.resolve("input"), input);
    String named = input + "/cat/7.bmp holds other bytes than when ";
    assertRefused(train(input, "run", store), named + "this run began");
    assertRefused(embed("run", input, "rows", store), named + "its images were embedded into");
    assertThat(rows("rows")).isEqualTo(2 * IMAGES);
  }

  /** Archives are ordered by name, but the order of the images of a run must not change. */
  @Test
  void renamedArchivesGoOnWithTheSameBits() throws IOException {
    Path input = folder.resolve("input");
    Kind.put(input.resolve("a.tar"), Kind.TAR.bytes(1));
    Kind.put(input.resolve("b.tar"), Kind.TAR.bytes(2));
    assertThat(train(input.toString(), "whole", "--checkpointEvery=1").err()).isEmpty();
    assertThat(train(input.toString(), "run", "--checkpointEvery=1").err()).isEmpty();
    deleteCheckpoint("run", 2);
    Files.move(input.resolve("a.tar"), input.resolve("z.tar"));
    Outcome renamed = train(input.toString(), "run", "--checkpointEvery=1");
    assertThat(renamed.err()).isEmpty();
    assertThat(renamed.out())
        .contains("z.tar was called a.tar when this run began")
        .contains("resuming after step 1 of 2");
    assertThat(folder.resolve("run/checkpoints/step-2/variables.data-00000-of-00001"))
        .hasSameBinaryContentAs(
            folder.resolve("whole/checkpoints/step-2/variables.data-00000-of-00001"));

    Files.move(input.resolve("z.tar"), input.resolve("y.tar"));
    assertThat(train(input.toString(), "run").out())
        .as("the name of the beginning, not that of the last time")
        .contains("y.tar was called a.tar when this run began");
    Files.move(input.resolve("b.tar"), folder.resolve("b.tar"));
    assertRefused(
        train(input.toString(), "run"),
        "b.tar, which this run began with, is no longer in the input");
    Files.move(folder.resolve("b.tar"), input.resolve("b.tar"));
    Kind.put(input.resolve("c.tar"), Kind.TAR.bytes(3));
    assertRefused(train(input.toString(), "run"), "c.tar was not in the input when this run began");
  }

  private void deleteCheckpoint(String run, int step) throws IOException {
    Path checkpoint = folder.resolve("%s/checkpoints/step-%d".formatted(run, step));
    try (var files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(checkpoint);
  }

  /** A killed start may have left a copy of an earlier archive. */
  @Test
  void aCopyOfOtherBytesIsNotUsed() throws IOException {
    Path input = folder.resolve("input");
    Kind.GZIP.write(input, 1);
    assertThat(train(input.toString(), "run").err()).isEmpty();
    try (var files = Files.list(folder.resolve("run"))) {
      for (Path file : files.toList()) {
        if (!file.endsWith("archives")) {
          AtomicFiles.delete(file);
        }
      }
    }
    Kind.GZIP.write(input, 1000);
    assertThat(train(input.toString(), "run").err()).isEmpty();
    assertThat(train(input.toString(), "fresh").err()).isEmpty();
    assertThat(folder.resolve("run/checkpoints/step-2/variables.data-00000-of-00001"))
        .hasSameBinaryContentAs(
            folder.resolve("fresh/checkpoints/step-2/variables.data-00000-of-00001"));
  }

  /** Runs of earlier versions continue, and have fingerprints from then on. */
  @Test
  void aRunWithoutFingerprintsGetsThem() throws IOException {
    Path input = folder.resolve("input");
    Kind.TAR.write(input, 1);
    assertThat(train(input.toString(), "run").err()).isEmpty();
    Path config = folder.resolve("run/config.json");
    String earlier = Files.readString(config).replaceFirst("\n *\"content\" : \"[0-9a-f]+\",", "");
    assertThat(earlier).doesNotContain("content");
    Files.writeString(config, earlier);
    AtomicFiles.delete(folder.resolve("run/manifest"));
    assertThat(train(input.toString(), "run").out()).contains("resuming after step 2 of 2");
    Kind.TAR.write(input, 1000);
    assertRefused(
        train(input.toString(), "run"), "images.tar holds other bytes than when this run began");
  }
}
