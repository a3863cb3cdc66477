package io.swavbeam.pipelines.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFileTest {
  @TempDir private Path folder;

  private Path write(int count, String notes) throws IOException {
    Path file = folder.resolve(count + ".records");
    try (RecordFileWriter writer =
        new RecordFileWriter(
            Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE))) {
      long shared = writer.addUnnumbered(fields -> fields.writeString("shared"));
      for (int i = 0; i < count; i++) {
        int number = i;
        writer.add(
            fields -> {
              fields.writeLong(shared);
              fields.writeString("é" + number);
            });
      }
      assertThat(writer.count()).isEqualTo(count);
      writer.finish(notes);
    }
    return file;
  }

  private static String read(RecordFile file, long number) throws IOException {
    return file.get(
        number,
        fields -> file.at(fields.readLong(), shared -> shared.readString()) + fields.readString());
  }

  @Test
  void givesBackWhatWasWrittenInAnyOrder() throws IOException {
    // More offsets than fit into memory while they are written.
    int count = 200_000;
    try (RecordFile file = RecordFile.open(write(count, "{\"ü\": 1}"))) {
      assertThat(file.count()).isEqualTo(count);
      assertThat(file.notes()).isEqualTo("{\"ü\": 1}");
      for (int number : new int[] {count - 1, 0, 77_777, 1}) {
        assertThat(read(file, number)).isEqualTo("sharedé" + number);
      }
      assertThatThrownBy(() -> read(file, count)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    try (RecordFile none = RecordFile.open(Location.of(write(0, "")))) {
      assertThat(none.count()).isZero();
    }
  }

  @Test
  void readsBlocksAsItReadsTheWholeFile() throws IOException {
    int count = 50_000;
    Location file = Location.of(write(count, ""));
    byte[] all = Files.readAllBytes(file.path());
    Random random = new Random(1);
    try (RecordBytes ranges = new RecordBytes.Ranges(file)) {
      for (int i = 0; i < 1_000; i++) {
        byte[] read = new byte[random.nextInt(600_000)];
        int position = random.nextInt(all.length - read.length);
        ranges.read(position, read);
        assertThat(Arrays.mismatch(read, Arrays.copyOfRange(all, position, position + read.length)))
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void staysReadableWhereItIsDeletedMeanwhile() throws IOException {
    Path path = write(3, "");
    try (RecordFile file = RecordFile.open(path)) {
      Files.delete(path);
      assertThat(read(file, 2)).isEqualTo("sharedé2");
    }
  }

  /** A damaged file returns the written records, or an error in one line. */
  @Test
  void damageIsAnErrorInOneLine() throws IOException {
    byte[] whole = Files.readAllBytes(write(20, "notes"));
    Path damaged = folder.resolve("damaged");
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      byte[] bytes =
          i < whole.length ? Arrays.copyOf(whole, i) : Arrays.copyOf(whole, whole.length);
      if (i >= whole.length) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(damaged, bytes);
      try (RecordFile file = RecordFile.open(damaged)) {
        for (long number = 0; number < file.count(); number++) {
          read(file, number);
        }
        assertThat(i).as("a file that is cut off").isGreaterThanOrEqualTo(whole.length);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining(damaged + " is damaged: ");
        assertThat(e.getMessage()).hasLineCount(1);
      }
    }
  }
}
