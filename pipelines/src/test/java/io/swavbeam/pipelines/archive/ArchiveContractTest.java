package io.swavbeam.pipelines.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every kind of archive keeps to. */
abstract class ArchiveContractTest {
  /** An image as it was put into the archive. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Original(String name, String label, byte[] bytes) {}

  /** All that is said of a file. */
  static final class Listing implements Archives.Listener {
    final List<ImageRef> images = new ArrayList<>();
    final List<DeadLetter> deadLetters = new ArrayList<>();
    final List<String> sidecars = new ArrayList<>();

    @Override
    public void image(ImageRef ref) {
      images.add(ref);
    }

    @Override
    public void deadLetter(DeadLetter letter) {
      deadLetters.add(letter);
    }

    @Override
    public void sidecar(String name) {
      sidecars.add(name);
    }
  }

  @TempDir Path folder;

  /** Writes an archive of at least three images and says what must be found in it. */
  abstract List<Original> write(Path folder) throws IOException;

  /** What is given as the input: a file in the folder, or the folder. */
  abstract Path input(Path folder);

  @Test
  void findsAndReadsAllImages() throws Exception {
    List<Original> originals = write(folder);
    List<Original> found = new ArrayList<>();
    readAll(list().images, found);
    assertThat(found).hasSameSizeAs(originals);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).name()).isEqualTo(originals.get(i).name());
      assertThat(found.get(i).label()).isEqualTo(originals.get(i).label());
      assertThat(found.get(i).bytes()).isEqualTo(originals.get(i).bytes());
    }
  }

  @Test
  void losesNothingBeforeTheEndOfAFileThatIsCutOff() throws Exception {
    List<Original> originals = write(folder);
    if (Files.isDirectory(input(folder))) {
      return; // a folder is not cut off
    }
    byte[] whole = Files.readAllBytes(input(folder));
    Files.write(input(folder), Arrays.copyOf(whole, (int) (whole.length * cutAt())));
    Listing listing = list();
    List<Original> found = new ArrayList<>();
    int failures = readAll(listing.images, found) + listing.deadLetters.size();
    assertThat(failures).isPositive();
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).bytes()).isEqualTo(originals.get(i).bytes());
    }
    assertThat(found).hasSizeGreaterThanOrEqualTo(readableWhenCut());
    listing.deadLetters.forEach(letter -> assertThat(letter.error()).doesNotContain("\n"));
  }

  /** Where the file is cut, as a share of its length. */
  double cutAt() {
    return 0.7;
  }

  /** How many images must still be there. */
  int readableWhenCut() {
    return 1;
  }

  Listing list() throws IOException {
    Listing listing = new Listing();
    for (InputFile file : InputFiles.find(List.of(input(folder).toString())).files()) {
      Archives.list(file, ImageLimits.DEFAULT, listing);
    }
    return listing;
  }

  /** Reads what can be read and returns how often it failed. */
  private static int readAll(List<ImageRef> refs, List<Original> found) throws Exception {
    List<DeadLetter> letters = new ArrayList<>();
    int failures = 0;
    try (ImageReader reader = new ImageReader(ImageLimits.DEFAULT)) {
      for (ImageRef ref : refs) {
        try {
          if (ref.isSequentialArchive()) {
            SequentialArchive.read(
                ref,
                ImageLimits.DEFAULT,
                new SequentialArchive.Visitor() {
                  @Override
                  public void image(ImageRef image, byte[] bytes) {
                    found.add(new Original(image.name(), image.label(), bytes));
                  }

                  @Override
                  public void deadLetter(DeadLetter letter) {
                    letters.add(letter);
                  }

                  @Override
                  public void sidecar(String name) {}
                });
          } else {
            found.add(new Original(ref.name(), ref.label(), reader.read(ref)));
          }
        } catch (IOException e) {
          assertThat(Archives.describe(e)).isNotBlank().doesNotContain("\n");
          failures++;
        }
      }
    }
    letters.forEach(letter -> assertThat(letter.error()).isNotBlank().doesNotContain("\n"));
    return failures + letters.size();
  }
}
