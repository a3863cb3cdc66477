package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.TestArchives.Original;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of every archive format. */
abstract class ArchiveContractTest {
  @TempDir Path folder;

  /** Writes an archive of at least three images, and returns them. */
  abstract List<Original> write(Path folder) throws IOException;

  /** Returns the input: a file in the folder, or the folder. */
  abstract Path input(Path folder);

  @Test
  void findsAndReadsAllImages() throws Exception {
    List<Original> originals = write(folder);
    List<Original> found = new ArrayList<>();
    readAll(list(), found);
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
    Walked walked = list();
    List<Original> found = new ArrayList<>();
    readAll(walked, found);
    assertThat(walked.letters).isNotEmpty();
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).bytes()).isEqualTo(originals.get(i).bytes());
    }
    assertThat(found).hasSizeGreaterThanOrEqualTo(readableWhenCut());
    walked.letters.forEach(letter -> assertThat(letter.error()).isNotBlank().doesNotContain("\n"));
  }

  /** Returns where to cut the file, as a fraction of its length. */
  double cutAt() {
    return 0.7;
  }

  /** Returns how many images must be readable in the cut file. */
  int readableWhenCut() {
    return 1;
  }

  Walked list() throws IOException {
    Walked walked = new Walked();
    for (InputFile file : InputFiles.find(List.of(input(folder).toString())).files()) {
      walked.list(file);
    }
    return walked;
  }

  private static void readAll(Walked walked, List<Original> found) throws IOException {
    for (Walked.Image image : walked.read()) {
      found.add(new Original(image.ref().name(), image.ref().label(), image.bytes()));
    }
  }
}
