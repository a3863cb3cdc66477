package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.TestArchives;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and cut-off entries are reported, and do not affect other entries. */
class DamagedArchivesTest {
  @TempDir private Path folder;

  private static byte[] tar(String name, byte[] content) throws IOException {
    return tar(List.of(name), List.of(content));
  }

  private static byte[] tar(List<String> names, List<byte[]> contents) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (int i = 0; i < names.size(); i++) {
        TestArchives.put(tar, names.get(i), contents.get(i));
      }
    }
    return bytes.toByteArray();
  }

  /** The checksum of an archive in a zip follows its last byte. */
  @ParameterizedTest
  @ValueSource(strings = {"x.zip", "x.zip.gz"})
  void anArchiveInAZipIsChecked(String name) throws Exception {
    byte[] inner = tar("1.jpg", TestImages.jpeg(1, 20, 20));
    CRC32 crc = new CRC32();
    crc.update(inner);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      ZipEntry entry = new ZipEntry("inner.tar");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(inner.length);
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(inner);
    }
    byte[] damaged = bytes.toByteArray();
    damaged[30 + "inner.tar".length() + 512 + 100] ^= 1; // within the picture
    byte[] file = name.endsWith(".gz") ? TestArchives.gzip(damaged) : damaged;
    Walked walked = Walked.of(Files.write(folder.resolve(name), file), SampleFields.DEFAULT);
    walked.read();
    assertThat(walked.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.name()).isEqualTo("inner.tar");
              assertThat(letter.error()).contains("its checksum is wrong");
            });
  }

  /** A long chain of links, which could take too much time. */
  @Test
  @Timeout(30)
  void longChainsOfLinksAreNotFollowed() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int links = 20_000;
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TestArchives.put(tar, "0.jpg", TestImages.jpeg(1, 8, 8));
      for (int i = 1; i <= links; i++) {
        TarArchiveEntry link = new TarArchiveEntry(i + ".jpg", TarConstants.LF_SYMLINK);
        link.setLinkName((i - 1) + ".jpg");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
    }
    Path file = Files.write(folder.resolve("x.tar"), bytes.toByteArray());
    Walked walked = Walked.of(file, SampleFields.DEFAULT);
    assertThat(walked.read()).hasSizeBetween(40, 42);
    assertThat(walked.letters).hasSize(links + 1 - walked.images.size());
    assertThat(walked.letters.get(0).error()).contains("over more than 40 others");
  }

  @Test
  void nothingBehindACutOffArchiveIsReadAsAPartOfIt() throws Exception {
    byte[] compressed = TestArchives.gzip(TestImages.jpeg(1, 60, 60));
    byte[] inner = tar("1.jpg.gz", compressed);
    byte[] cut = Arrays.copyOf(inner, 512 + compressed.length - 100);
    byte[] secret = TestImages.jpeg(2, 20, 20);
    byte[] outer = tar(List.of("inner.tar", "secret.jpg"), List.of(cut, secret));
    for (Path file :
        List.of(
            Files.write(folder.resolve("x.tar"), outer),
            Files.write(folder.resolve("x.tgz"), TestArchives.gzip(outer)))) {
      Walked walked = Walked.of(file, SampleFields.DEFAULT);
      assertThat(walked.read())
          .singleElement()
          .satisfies(image -> assertThat(image.bytes()).isEqualTo(secret));
      assertThat(walked.letters)
          .extracting(letter -> letter.name() + ": " + letter.error())
          .containsExactlyInAnyOrder(
              "1.jpg.gz: it is cut off", "inner.tar: the tar is cut off after 1.jpg.gz");
    }
  }
}
