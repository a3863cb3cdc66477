package io.swavbeam.pipelines.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.Copies;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders and archives made at random, judged by what was put into them: every entry is an image, a
 * dead letter or a sidecar, no image is there twice, and training sees what embedding does.
 */
class EveryEntryCountsTest {
  private static final int DEEPEST = 3;

  @TempDir private Path folder;

  // What the generator has put in.
  private int images;
  private int letters;
  private int sidecars;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void asOneOfThree(long seed) throws Exception {
    Path input = Files.createDirectories(folder.resolve("input"));
    fill(input, new Random(seed), 3);
    Seen embedded = new Seen();
    InputFiles.Found found = InputFiles.find(List.of(input.toString()));
    embedded.letters.addAll(found.deadLetters());
    for (InputFile file : found.files()) {
      Archives.list(file, ImageLimits.DEFAULT, embedded);
    }
    embedded.readAll();
    assertThat(embedded.images).as("images").hasSize(images).doesNotHaveDuplicates();
    assertThat(embedded.letters).as("dead letters").hasSize(letters);
    assertThat(embedded.sidecars).as("sidecars").isEqualTo(sidecars);

    Seen trained = new Seen();
    Path copies = Files.createDirectories(folder.resolve("copies"));
    Folder kept = Folder.of(folder.resolve("listings"));
    try (TrainingImages training =
            TrainingImages.list(
                List.of(input.toString()),
                new Listings(kept, ImageLimits.DEFAULT),
                Copies.in(copies),
                folder);
        Manifest manifest = training.open()) {
      manifest.iterator().forEachRemaining(trained.refs::add);
      trained.readAll();
      assertThat(trained.letters.size() + training.deadLetters()).isEqualTo(letters);
      assertThat(training.sidecars().total()).isEqualTo(sidecars);
    }
    Set<String> both = new HashSet<>(embedded.images);
    assertThat(trained.images).containsExactlyInAnyOrderElementsOf(both);
  }

  /** What became of the entries. */
  private static final class Seen implements Archives.Listener, SequentialArchive.Visitor {
    private final List<ImageRef> refs = new ArrayList<>();
    private final List<String> images = new ArrayList<>();
    private final List<DeadLetter> letters = new ArrayList<>();
    private int sidecars;

    @Override
    public void image(ImageRef ref) {
      refs.add(ref);
    }

    @Override
    public void deadLetter(DeadLetter letter) {
      letters.add(letter);
    }

    @Override
    public void sidecar(String name) {
      sidecars++;
    }

    void readAll() throws IOException {
      try (ImageReader reader = new ImageReader(ImageLimits.DEFAULT)) {
        for (ImageRef ref : List.copyOf(refs)) {
          if (ref.isSequentialArchive()) {
            SequentialArchive.read(ref, ImageLimits.DEFAULT, this);
            continue;
          }
          try {
            image(ref, reader.read(ref));
          } catch (IOException e) {
            letters.add(new DeadLetter(ref.source(), ref.name(), "read", Archives.describe(e)));
          } catch (UndecodableImageException e) {
            letters.add(new DeadLetter(ref.source(), ref.name(), "read", e.getMessage()));
          }
        }
      }
    }

    @Override
    public void image(ImageRef ref, byte[] bytes) {
      try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
        decoder.decode(bytes, ref.encoding()).close();
        images.add(ref.source() + "#" + ref.position());
      } catch (UndecodableImageException e) {
        letters.add(new DeadLetter(ref.source(), ref.name(), "decode", e.getMessage()));
      }
    }
  }

  private void fill(Path into, Random random, int depth) throws IOException {
    for (int i = 0; i < 6; i++) {
      Path child = into.resolve("%d-%s".formatted(i, random.nextBoolean() ? "a b" : "é"));
      switch (random.nextInt(depth > 0 ? 7 : 4)) {
        case 0, 1, 2, 3 -> {
          Entry entry = entry(random, child.getFileName().toString(), 1);
          Files.write(into.resolve(entry.name()), entry.bytes());
        }
        case 4 -> {
          Files.createSymbolicLink(into.resolve(i + ".jpg"), into.resolve("nothing"));
          letters++;
        }
        case 5 -> Files.createSymbolicLink(child, into); // entered already
        default -> fill(Files.createDirectories(child), random, depth - 1);
      }
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(String name, byte[] bytes) {}

  /**
   * @param level of the archives that the entry would be, 1 for a file
   */
  private Entry entry(Random random, String name, int level) throws IOException {
    switch (random.nextInt(level <= DEEPEST ? 12 : 8)) {
      case 0, 1 -> {
        images++;
        return new Entry(name + ".jpg", jpeg(random));
      }
      case 2 -> {
        images++;
        return new Entry(name, jpeg(random)); // its bytes tell
      }
      case 3 -> {
        sidecars++;
        return new Entry(name + (random.nextBoolean() ? ".json" : ".unheard"), text("{}"));
      }
      case 4 -> {
        sidecars++;
        return new Entry(name.replaceFirst("[^/]*$", "._$0.jpg"), jpeg(random));
      }
      case 5 -> {
        letters++;
        return new Entry(name + ".png", new byte[0]);
      }
      case 6 -> {
        letters++;
        return new Entry(name + ".jpg", text("no image"));
      }
      case 7 -> {
        letters++;
        return new Entry(
            name + (random.nextBoolean() ? ".webp" : ".img"), text("RIFF1234WEBPVP8 "));
      }
      case 8 -> {
        return new Entry(name + ".tar", tar(random, level));
      }
      case 9 -> {
        return new Entry(name + ".TGZ", TestArchives.gzip(tar(random, level)));
      }
      case 10 -> {
        return new Entry(name + ".zip", zip(random, level));
      }
      default -> {
        byte[] tar = TestArchives.gzip(tar(random, level));
        letters++; // its end is missing, and what is before it is not
        return new Entry(name + ".tar.gz", Arrays.copyOf(tar, tar.length - 8));
      }
    }
  }

  private static byte[] jpeg(Random random) throws IOException {
    return TestImages.jpeg(random.nextInt(50), 10, 12);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] tar(Random random, int level) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      int count = random.nextInt(5);
      for (int i = 0; i < count; i++) {
        Entry entry = entry(random, "d/%d".formatted(random.nextInt(3)), level + 1);
        TarArchiveEntry header = new TarArchiveEntry(entry.name());
        header.setSize(entry.bytes().length);
        tar.putArchiveEntry(header);
        tar.write(entry.bytes());
        tar.closeArchiveEntry();
      }
      if (random.nextBoolean()) {
        TarArchiveEntry pipe = new TarArchiveEntry("pipe.jpg", TarConstants.LF_FIFO);
        tar.putArchiveEntry(pipe);
        tar.closeArchiveEntry();
        letters++;
      }
    }
    return bytes.toByteArray();
  }

  private byte[] zip(Random random, int level) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        Entry entry = entry(random, "%d/é".formatted(i), level + 1);
        zip.putNextEntry(new ZipEntry(entry.name()));
        zip.write(entry.bytes());
      }
    }
    return bytes.toByteArray();
  }
}
