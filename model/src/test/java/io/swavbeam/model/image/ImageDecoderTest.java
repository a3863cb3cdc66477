package io.swavbeam.model.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TestImages;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.types.TUint8;

class ImageDecoderTest {
  private static final int HEIGHT = 20;
  private static final int WIDTH = 30;

  private static ImageDecoder decoder;

  @BeforeAll
  static void open() {
    decoder = new ImageDecoder();
  }

  @AfterAll
  static void close() {
    decoder.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decodesJpegs(boolean progressive) throws Exception {
    byte[] jpeg = TestImages.fineJpeg(TestImages.smooth(1, HEIGHT, WIDTH), progressive);
    assertSimilar(decode(jpeg), ImageIO.read(new ByteArrayInputStream(jpeg)), 3);
  }

  @Test
  void decodesGreyJpegsToThreeChannels() throws Exception {
    BufferedImage grey = TestImages.plain(0x5A5A5A, HEIGHT, WIDTH, BufferedImage.TYPE_BYTE_GRAY);
    byte[] pixels = decode(TestImages.encode(grey, "jpg"));
    assertThat(pixels).hasSize(HEIGHT * WIDTH * 3);
    int level = grey.getRaster().getSample(0, 0, 0);
    for (byte value : pixels) {
      assertThat(Byte.toUnsignedInt(value)).isBetween(level - 2, level + 2);
    }
  }

  @Test
  void decodesCmykJpegs() throws Exception {
    int[] ink = {200, 40, 10, 60};
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, WIDTH, HEIGHT, 4, null);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        raster.setPixel(x, y, ink);
      }
    }
    byte[] pixels = decode(TestImages.writeJpeg(new IIOImage(raster, null, null), false));
    for (int channel = 0; channel < 3; channel++) {
      int expected = (255 - ink[channel]) * (255 - ink[3]) / 255;
      assertThat(Byte.toUnsignedInt(pixels[channel])).isBetween(expected - 3, expected + 3);
    }
  }

  @Test
  void decodesPngsExactly() throws Exception {
    BufferedImage image = TestImages.smooth(2, HEIGHT, WIDTH);
    assertSimilar(decode(TestImages.encode(image, "png")), image, 0);
  }

  @Test
  void decodesPalettes() throws Exception {
    byte[] reds = {(byte) 200, 10};
    byte[] greens = {20, (byte) 130};
    byte[] blues = {30, (byte) 250};
    IndexColorModel palette = new IndexColorModel(1, 2, reds, greens, blues);
    for (String format : new String[] {"png", "gif", "bmp"}) {
      BufferedImage image =
          new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_BINARY, palette);
      image.getRaster().setSample(3, 1, 0, 1);
      byte[] pixels = decode(TestImages.encode(image, format));
      assertThat(Arrays.copyOf(pixels, 3)).as(format).containsExactly(200, 20, 30);
      int changed = (WIDTH + 3) * 3;
      assertThat(Arrays.copyOfRange(pixels, changed, changed + 3))
          .as(format)
          .containsExactly(10, 130, 250);
    }
  }

  @Test
  void dropsAlpha() throws Exception {
    BufferedImage image = TestImages.plain(0x80FF8040, HEIGHT, WIDTH, BufferedImage.TYPE_INT_ARGB);
    assertThat(Arrays.copyOf(decode(TestImages.encode(image, "png")), 3))
        .containsExactly(0xFF, 0x80, 0x40);
  }

  @Test
  void keepsTheHighByteOfSixteenBits() throws Exception {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0xABCD);
    assertThat(Arrays.copyOf(decode(TestImages.encode(image, "png")), 3))
        .containsExactly(0xAB, 0xAB, 0xAB);
  }

  @Test
  void takesTheFirstFrameOfAGif() throws Exception {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (Color color : new Color[] {Color.RED, Color.BLUE}) {
        writer.writeToSequence(
            new IIOImage(
                TestImages.plain(color.getRGB(), HEIGHT, WIDTH, BufferedImage.TYPE_INT_RGB),
                null,
                null),
            null);
      }
      writer.endWriteSequence();
    }
    try (TUint8 image = decoder.decode(bytes.toByteArray(), ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(HEIGHT, WIDTH, 3);
      assertThat(Arrays.copyOf(Tensors.bytes(image), 3)).containsExactly(255, 0, 0);
    }
  }

  /** The colours of the corners, clockwise from the top left, of an upright picture. */
  @ParameterizedTest
  @CsvSource({
    "1, RGBW", "2, GRWB", "3, BWRG", "4, WBGR", "5, RWBG", "6, GBWR", "7, BGRW", "8, WRGB"
  })
  void turnsJpegsUpright(int orientation, String storedCorners) throws Exception {
    // For an orientation of 5 to 8, the stored picture lies on its side.
    int side = 32;
    BufferedImage stored = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int corner = y < side / 2 ? (x < side / 2 ? 0 : 1) : (x < side / 2 ? 3 : 2);
        stored.setRGB(x, y, colorOf(storedCorners.charAt(corner)));
      }
    }
    byte[] jpeg = withOrientation(TestImages.fineJpeg(stored, false), orientation);
    byte[] pixels = decode(jpeg);
    StringBuilder corners = new StringBuilder();
    for (int[] at : new int[][] {{4, 4}, {27, 4}, {27, 27}, {4, 27}}) {
      int i = (at[1] * side + at[0]) * 3;
      corners.append(nameOf(pixels[i], pixels[i + 1], pixels[i + 2]));
    }
    assertThat(corners.toString()).isEqualTo("RGBW");
  }

  @Test
  void swapsTheSidesOfAPictureThatLies() throws Exception {
    byte[] jpeg = withOrientation(TestImages.jpeg(1, HEIGHT, WIDTH), 6);
    try (TUint8 image = decoder.decode(jpeg, ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(WIDTH, HEIGHT, 3);
    }
  }

  @Test
  void decodesBarePixels() throws Exception {
    byte[] planar = {1, 2, 3, 4, 5, 6};
    try (TUint8 image =
        decoder.decode(planar, new ImageEncoding(ImageEncoding.Kind.PLANAR_RGB, 1, 2))) {
      assertThat(Tensors.bytes(image)).containsExactly(1, 3, 5, 2, 4, 6);
    }
    byte[] grey = {7, 8};
    try (TUint8 image = decoder.decode(grey, new ImageEncoding(ImageEncoding.Kind.GREY, 2, 1))) {
      assertThat(Tensors.bytes(image)).containsExactly(7, 7, 7, 8, 8, 8);
    }
  }

  @Test
  void saysWhatIsWrong() {
    byte[] whole = TestImages.jpeg(1, HEIGHT, WIDTH);
    assertUndecodable(Arrays.copyOf(whole, whole.length / 2), "damaged or cut off JPEG");
    assertUndecodable(new byte[0], "the file is empty");
    assertUndecodable(
        "not an image".getBytes(StandardCharsets.UTF_8), "not a JPEG, PNG, GIF or BMP");
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    assertUndecodable(Arrays.copyOf(png, png.length / 2), "damaged or cut off PNG");
    byte[] bmp = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "bmp");
    assertUndecodable(Arrays.copyOf(bmp, 40), "damaged or cut off BMP");
  }

  private static void assertUndecodable(byte[] bytes, String message) {
    assertThatThrownBy(() -> decoder.decode(bytes, ImageEncoding.FILE))
        .isInstanceOf(UndecodableImageException.class)
        .hasMessage(message);
  }

  private static byte[] decode(byte[] bytes) throws UndecodableImageException {
    try (TUint8 image = decoder.decode(bytes, ImageEncoding.FILE)) {
      return Tensors.bytes(image);
    }
  }

  private static void assertSimilar(byte[] pixels, BufferedImage image, int tolerance) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        Color expected = new Color(image.getRGB(x, y));
        int at = (y * image.getWidth() + x) * 3;
        int[] levels = {expected.getRed(), expected.getGreen(), expected.getBlue()};
        for (int c = 0; c < 3; c++) {
          assertThat(Byte.toUnsignedInt(pixels[at + c]))
              .as("pixel %d, %d, channel %d", y, x, c)
              .isBetween(levels[c] - tolerance, levels[c] + tolerance);
        }
      }
    }
  }

  private static int colorOf(char name) {
    return switch (name) {
      case 'R' -> 0xFF0000;
      case 'G' -> 0x00FF00;
      case 'B' -> 0x0000FF;
      default -> 0xFFFFFF;
    };
  }

  private static char nameOf(byte red, byte green, byte blue) {
    boolean r = Byte.toUnsignedInt(red) > 127;
    boolean g = Byte.toUnsignedInt(green) > 127;
    return r && g ? 'W' : r ? 'R' : g ? 'G' : Byte.toUnsignedInt(blue) > 127 ? 'B' : '?';
  }

  /** Puts an EXIF segment with one entry, the orientation, right behind the start of the image. */
  private static byte[] withOrientation(byte[] jpeg, int orientation) {
    int[] segment = {
      0xFF,
      0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      0x01,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    byte[] result = new byte[jpeg.length + segment.length];
    System.arraycopy(jpeg, 0, result, 0, 2);
    for (int i = 0; i < segment.length; i++) {
      result[2 + i] = (byte) segment[i];
    }
    System.arraycopy(jpeg, 2, result, 2 + segment.length, jpeg.length - 2);
    return result;
  }
}
