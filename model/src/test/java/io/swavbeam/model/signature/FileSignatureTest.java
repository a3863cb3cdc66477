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
import org.junit.jupiter.params.provider.CsvSource;

/** Formats by their first bytes; those of other software's files, as hexadecimal digits. */
class FileSignatureTest {
  @ParameterizedTest
  @CsvSource({
    "FFD8FFE000104A464946, JPEG",
    "89504E470D0A1A0A, PNG",
    "474946383961, GIF",
    "524946460000000057454250, WEBP",
    "49492A0008000000, TIFF",
    "4D4D002A00000008, TIFF",
    "49492B00080000001000000000000000, TIFF",
    "49492A0010000000435202, CANON_RAW",
    "50360A3634203438, PNM",
    "50370A57494454482036, PAM",
    "50660A3634203438, PFM",
    "00000100010010100000, ICO",
    "000000186674797068656963, HEIC",
    "000000206674797061766966, AVIF",
    "0000001866747970637278200000, RAW",
    "424D36000000000000003600000028000000, BMP",
    "28000000250000001300000001001800000000000000000000000000000000000000000000000000, DIB",
    "252150532D41646F62652D332E30, EPS",
    "8A4D4E470D0A1A0A, MNG",
    "53445058, DPX",
    "464F524D00000000494C424D, IFF",
    "D7CDC69A, WMF",
    "FF0ACB060013, JPEG_XL",
    "0000000C4A584C200D0A870A, JPEG_XL",
    "0000000C6A5020200D0A870A, JPEG_2000",
    "FF4FFF51002F, JPEG_2000",
    "4949BC01, JPEG_XR",
    "38425053, PHOTOSHOP",
    "444453207C000000, DDS",
    "762F310102000000, OPENEXR",
    "716F6966, QOI",
    "0A05010800000000, PCX",
    "69636E73, ICNS",
    "233F52414449414E4345, RADIANCE",
    "53494D504C4520203D, FITS",
    "67696D7020786366, XCF",
    "01DA010100030040, SGI",
    "504B0304, ZIP",
    "1F8B0800, GZIP",
    "425A6839, BZIP2",
    "FD377A585A00, XZ",
    "28B52FFD, ZSTANDARD",
    "50415231, PARQUET",
    "377ABCAF271C, SEVEN_ZIP",
    "526172211A07, RAR",
    "04224D18, LZ4",
    "894844460D0A1A0A, HDF5",
    "4152524F57310000, ARROW",
    "25504446, -",
    "255044462D312E37, PDF",
    "424D206973206120636172, -",
    "00000200, -",
    "'', -",
  })
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

  /** Each picture that is read is known, but for TGA, which has no signature. */
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
