package io.swavbeam.model.signature;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.signature.FileSignature.Kind;
import io.swavbeam.model.testing.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/** Formats by their first bytes, which are given as hexadecimal digits. */
class FileSignatureTest {
  @ParameterizedTest
  @CsvFileSource(resources = "/signature/signatures.csv", quoteCharacter = '\'')
  void areKnownByTheirFirstBytes(String digits, String expected) {
    byte[] head = new byte[digits.length() / 2];
    for (int i = 0; i < head.length; i++) {
      head[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    assertThat(FileSignature.of(head).map(Enum::name).orElse("-")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "version https://git-lfs.github.com/spec/v1, GIT_LFS",
    "<svg xmlns='http://www.w3.org/2000/svg'>, SVG",
    "\uFEFF<?xml version='1.0'?><!-- x --><svg>, SVG",
    "<!DOCTYPE html><html>, HTML",
    "' <HTML lang=en>', HTML",
    "<?xml version='1.0'?><note/>, XML",
    "#define cat_width 16, XBM",
    "not an image, -",
  })
  void textsAreKnownToo(String text, String expected) {
    byte[] head = text.getBytes(StandardCharsets.UTF_8);
    assertThat(FileSignature.of(head).map(Enum::name).orElse("-")).isEqualTo(expected);
  }

  @Test
  void aTarAndADicomAreKnownByBytesFurtherOn() {
    byte[] head = new byte[512];
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, head, 257, 5);
    assertThat(FileSignature.of(head)).contains(FileSignature.TAR);
    byte[] medical = new byte[200];
    System.arraycopy("DICM".getBytes(StandardCharsets.US_ASCII), 0, medical, 128, 4);
    assertThat(FileSignature.of(medical)).contains(FileSignature.DICOM);
  }

  /** Each supported picture is recognised, except for TGA, which has no signature. */
  @Test
  void allPicturesThatAreReadAreKnown() throws IOException {
    for (Map.Entry<String, byte[]> picture : TestImages.formats().entrySet()) {
      String name = picture.getKey();
      if (!name.endsWith(".rgb") && !name.endsWith(".refused") && !name.endsWith(".tga")) {
        assertThat(FileSignature.of(picture.getValue()))
            .as(name)
            .hasValueSatisfying(format -> assertThat(format.kind()).isEqualTo(Kind.IMAGE));
      }
    }
  }

  @Test
  void noiseIsHardlyEverAFormat() {
    Random random = new Random(1);
    int known = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] head = new byte[random.nextInt(300)];
      random.nextBytes(head);
      known += FileSignature.of(head).isPresent() ? 1 : 0;
      assertThat(FileSignature.of(Arrays.copyOf(head, 3))).isNotNull();
    }
    assertThat(known).isLessThan(20);
  }

  @Test
  void everyFormatSaysWhyItGivesNoImage() {
    for (FileSignature format : FileSignature.values()) {
      assertThat(format.refusal()).contains(format.title()).doesNotContain("damaged");
    }
  }
}
