package io.swavbeam.pipelines.archive.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The content of entries by name and bytes. */
class ContentTest {
  @ParameterizedTest
  @CsvSource({
    "a/1.JPG, IMAGE",
    "1.ico, IMAGE",
    "1.tga, IMAGE",
    "1.exr, UNREAD",
    "1.dcm, UNREAD",
    "1.jpf, UNREAD",
    "1.nef, UNREAD",
    "1.7z, UNREAD",
    "shard.tfrecord, UNREAD",
    "1.cls, SIDECAR",
    "README, SIDECAR",
    "._1.jpg, SIDECAR",
    "__MACOSX/a/1.jpg, SIDECAR",
    "1.qqq, UNKNOWN",
    "1, UNKNOWN",
    "x.tar, ARCHIVE",
    "x.tar.zst, ARCHIVE",
    "train-00000-of-00001.parquet, ARCHIVE",
  })
  void namesHint(String name, Content.Type type) {
    assertThat(Content.ofName(name).type()).isEqualTo(type);
  }

  @Test
  void bytesDecide() {
    byte[] jpeg = TestImages.jpeg(1, 8, 8);
    assertThat(Content.of("1", jpeg).type()).isEqualTo(Content.Type.IMAGE);
    assertThat(Content.of("1.qqq", jpeg).type()).isEqualTo(Content.Type.IMAGE);
    assertThat(Content.of("1.jp2", jpeg).type()).isEqualTo(Content.Type.IMAGE);
    assertThat(Content.of("1.nef", jpeg).refusal()).isEqualTo("a raw photograph is not read");
    byte[] pointer = ascii("version https://git-lfs.github.com/spec/v1");
    for (String name : new String[] {"1.nef", "1.psd", "1.7z"}) {
      assertThat(Content.of(name, pointer).refusal()).as(name).contains("Git LFS");
      assertThat(Content.of(name, ascii("<html>")).refusal()).as(name).contains("HTML");
    }
    assertThat(Content.of("x.parquet", ascii("PAR1")).type()).isEqualTo(Content.Type.ARCHIVE);
    assertThat(Content.of("x", ascii("PAR1")).refusal())
        .isEqualTo("a Parquet file whose name does not end in .parquet is not read");
    assertThat(Content.of("1", ascii("qoif")).refusal()).isEqualTo("QOI is not read");
    assertThat(Content.of("1", ascii("version https://git-lfs.github.com/spec/v1")).refusal())
        .contains("Git LFS");
    assertThat(Content.of("1", ascii("<!doctype html>")).type()).isEqualTo(Content.Type.SIDECAR);
    assertThat(Content.of("1", ascii("whatever")).type()).isEqualTo(Content.Type.SIDECAR);
  }

  /** An unreadable archive is described by its first bytes, if they are of another format. */
  @ParameterizedTest
  @CsvSource({
    "x.tar, version https://git-lfs.github.com/spec/v1, 'it is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it'",
    "x.zip, <html>, 'its bytes are HTML, which is not what its name says'",
    "x.tar.gz, 'PK\u0003\u0004', 'its bytes are zip, which is not what its name says'",
    "x.parquet, PAR1, 'said'",
    "x.zip, 'PK\u0003\u0004', 'said'",
    "x.tar, nothing that is known, 'said'",
  })
  void otherFormatsUnderAnArchivesNameAreNamed(String name, String head, String why) {
    assertThat(Content.whyUnreadable(name, ascii(head), "said")).isEqualTo(why);
  }

  /** Each extension is in exactly one list: images, other files, or unknown. */
  @Test
  void unknownKindsAreCountedApart() {
    SidecarCounts counts = new SidecarCounts();
    for (String name : new String[] {"1.cls", "2.cls", "x.qqq", "LICENSE", "._1.jpg", "noext"}) {
      counts.add(name);
    }
    assertThat(counts).hasToString("cls 2, jpg 1, license 1, noext 1, qqq 1");
    assertThat(counts.unknown()).hasToString("noext 1, qqq 1");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
