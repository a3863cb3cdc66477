package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats that need a library which is not on the class path, as in this module. */
class MissingLibrariesTest {
  private static final byte[] TABLE = "PAR1 and so on".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"train.parquet", "TRAIN.PARQUET", "train"})
  void theLibraryOfTablesIsNamed(String name) throws IOException {
    InputFile input = input(Files.write(folder.resolve(name), TABLE));
    assertLetter(list(input), name);
    ArchiveRef ref =
        new ArchiveRef(
            input.location().uri(),
            input.location(),
            0,
            input.length(),
            ImageRef.Packing.STORED,
            ImageRef.UNKNOWN,
            name);
    assertLetter(only(ArchiveReader.read(ref, ImageLimits.DEFAULT, SampleFields.DEFAULT)), name);
  }

  @Test
  void theLibraryOfTablesInArchivesIsNamed() throws IOException {
    Path archive = folder.resolve("photos.zip");
    try (OutputStream out = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("train.parquet"));
      zip.write(TABLE);
    }
    assertLetter(list(input(archive)), "train.parquet");
  }

  private static InputFile input(Path file) throws IOException {
    return new InputFile(Location.of(file), file.getFileName().toString(), Files.size(file), "");
  }

  private static DeadLetter list(InputFile file) throws IOException {
    return only(ArchiveReader.list(file, ImageLimits.DEFAULT, SampleFields.DEFAULT));
  }

  private static DeadLetter only(ArchiveReader reader) throws IOException {
    try (reader) {
      DeadLetter letter = ((Entry.Unusable) reader.next()).letter();
      assertThat(reader.next()).isNull();
      return letter;
    }
  }

  private static void assertLetter(DeadLetter letter, String name) {
    assertThat(letter.error())
        .isEqualTo("Parquet is read by io.swavbeam:swav-parquet, which is not on the class path");
    assertThat(letter.kind()).isEqualTo(ErrorKind.MISSING_LIBRARY);
    assertThat(letter.name()).isEqualTo(name);
  }

  @Test
  void theLibraryOfBucketsIsNamed() {
    assertThatThrownBy(() -> Stores.open(new Location("s3://photos/1.jpg")))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "s3://photos/1.jpg: buckets are read by io.swavbeam:swav-s3, which is not on the class"
                + " path")
        .satisfies(e -> assertThat(KnownError.kindOf(e)).isEqualTo(ErrorKind.MISSING_LIBRARY));
  }
}
