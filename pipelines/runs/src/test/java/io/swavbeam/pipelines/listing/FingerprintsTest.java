package io.swavbeam.pipelines.listing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.pipelines.input.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FingerprintsTest {
  @TempDir private Path folder;

  private Fingerprints of(Path file) throws IOException {
    return Fingerprints.of(List.of(InputFiles.of(file)));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] noise(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private String text(byte[] bytes) throws IOException {
    Path file = write("file", bytes);
    return of(file).of(file.toString());
  }

  @Test
  void dependOnNeitherNameNorFolder() throws IOException {
    Files.createDirectories(folder.resolve("other"));
    for (int length : List.of(0, 1, 5000, 300_000, 3_000_000)) {
      Path one = write("one.jpg", noise(length));
      Path two = Files.write(folder.resolve("other/two.png"), noise(length));
      assertThat(of(one).of(one.toString())).isEqualTo(of(two).of(two.toString())).isNotEmpty();
    }
  }

  /** Changes each byte of a file that is digested completely. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4095, 4096, 4097, 66 * 4096 - 1, 66 * 4096})
  void seeEachByteOfASmallFile(int length) throws IOException {
    byte[] bytes = noise(length);
    String before = text(bytes);
    for (int at = 0; at < length; at += Math.max(1, length / 61)) {
      bytes[at] ^= 1;
      assertThat(text(bytes)).as("byte %d", at).isNotEqualTo(before);
      bytes[at] ^= 1;
    }
    bytes[length - 1] ^= 1;
    assertThat(text(bytes)).as("the last byte").isNotEqualTo(before);
  }

  /** Changes that are longer than the gaps between the blocks. */
  @ParameterizedTest
  @ValueSource(ints = {66 * 4096 + 1, 500_000, 1 << 20, 20_000_003})
  void seeBothEndsAndEachLargeChangeOfALargeFile(int length) throws IOException {
    byte[] bytes = noise(length);
    String before = text(bytes);
    for (int at : new int[] {0, 4095, length - 4096, length - 1}) {
      bytes[at] ^= 1;
      assertThat(text(bytes)).as("byte %d", at).isNotEqualTo(before);
      bytes[at] ^= 1;
    }
    int change = 2 * (length / 64 + 4096);
    for (int from = 0; from + change <= length; from += length / 7) {
      byte[] changed = bytes.clone();
      for (int i = 0; i < change; i++) {
        changed[from + i] ^= 1;
      }
      assertThat(text(changed)).as("from %d", from).isNotEqualTo(before);
    }
    assertThat(text(Arrays.copyOf(bytes, length + 1))).isNotEqualTo(before);
  }

  /** The directory of a zip has a checksum of each entry. */
  @Test
  void seeEachByteOfAZip() throws IOException {
    byte[] image = noise(2_000_000);
    Path one = zip("one.zip", image);
    image[777_777] ^= 1;
    Path two = zip("two.zip", image);
    assertThat(Files.size(one)).isEqualTo(Files.size(two));
    assertThat(of(one).of(one.toString())).isNotEqualTo(of(two).of(two.toString()));
  }

  private Path zip(String name, byte[] image) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < 200; i++) { // so that the directory is longer than the last block
        ZipEntry entry =
            new ZipEntry((i == 0 ? "a" : "some-longer-name-%05d".formatted(i)) + ".jpg");
        entry.setMethod(ZipEntry.STORED);
        byte[] bytes = i == 0 ? image : new byte[1];
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setCrc(crc.getValue());
        entry.setSize(bytes.length);
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(bytes);
      }
    }
    return file;
  }

  @Test
  void anArchiveMayGrow() throws IOException {
    byte[] all = noise(900_000);
    Path file = write("file", Arrays.copyOf(all, 600_000));
    Fingerprints before = of(file);
    write("file", all);
    Fingerprints grown = of(file);
    String uri = file.toString();
    assertThat(grown.agree(before, uri, true, false)).isTrue();
    assertThat(grown.agree(before, uri, false, false)).as("a single image").isFalse();
    all[10] ^= 1;
    write("file", all);
    assertThat(of(file).agree(before, uri, true, false)).as("it begins otherwise").isFalse();
    assertThat(of(file).agree(before, uri, true, true)).as("compressed").isTrue();
    assertThat(of(file).agree(grown, uri, true, true)).as("of the same length").isFalse();
    assertThat(of(file).agree(Fingerprints.NONE, uri, false, false)).isTrue();
  }

  /** A tar is padded, and added entries replace the padding. */
  @Test
  void aTarMayGrowWithoutBecomingLonger() throws IOException {
    for (int length : List.of(9_000, 700_000)) {
      byte[] bytes = Arrays.copyOf(noise(length), length + 10_240);
      Path tar = write("some.tar", bytes);
      Fingerprints before = of(tar);
      Arrays.fill(bytes, length, length + 512, (byte) 1);
      write("some.tar", bytes);
      Fingerprints grown = of(tar);
      assertThat(grown.of(tar.toString())).isNotEqualTo(before.of(tar.toString()));
      assertThat(grown.agree(before, tar.toString(), true, false)).isTrue();
      bytes[length / 2] ^= 1;
      bytes[0] ^= 1;
      write("some.tar", bytes);
      assertThat(of(tar).agree(before, tar.toString(), true, false)).isFalse();
    }
  }

  @Test
  void aFileThatCannotBeReadHasNone() throws IOException {
    Path file = write("file", noise(10));
    var found = InputFiles.of(file);
    Files.delete(file);
    assertThat(Fingerprints.of(List.of(found)).of(file.toString())).isNull();
  }
}
