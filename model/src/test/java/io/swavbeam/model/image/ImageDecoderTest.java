package io.swavbeam.model.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.Alpha;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
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
    decoder = new ImageDecoder(Alpha.WHITE);
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
  void putsTransparentPixelsOnWhite() throws Exception {
    BufferedImage image = TestImages.plain(0x80FF8040, HEIGHT, WIDTH, BufferedImage.TYPE_INT_ARGB);
    byte[] png = TestImages.encode(image, "png");
    // 255 - 128 / 255 (255 - value), rounded.
    assertThat(Arrays.copyOf(decode(png), 3)).containsExactly(0xFF, 191, 159);
    try (ImageDecoder dropping = new ImageDecoder(Alpha.DROP);
        TUint8 pixels = dropping.decode(png, ImageEncoding.FILE)) {
      assertThat(Arrays.copyOf(Tensors.bytes(pixels), 3)).containsExactly(0xFF, 0x80, 0x40);
    }
  }

  /** A palette with a transparent colour: by tRNS in a PNG, by an extension in a GIF. */
  @ParameterizedTest
  @ValueSource(strings = {"png", "gif"})
  void putsTheTransparentColourOfAPaletteOnWhite(String format) throws Exception {
    IndexColorModel palette =
        new IndexColorModel(1, 2, new byte[] {10, 20}, new byte[] {30, 40}, new byte[] {50, 60}, 1);
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_BINARY, palette);
    image.getRaster().setSample(1, 0, 0, 1);
    byte[] file = TestImages.encode(image, format);
    assertThat(Arrays.copyOf(decode(file), 6)).containsExactly(10, 30, 50, 255, 255, 255);
    try (ImageDecoder dropping = new ImageDecoder(Alpha.DROP);
        TUint8 pixels = dropping.decode(file, ImageEncoding.FILE)) {
      assertThat(Arrays.copyOf(Tensors.bytes(pixels), 6)).containsExactly(10, 30, 50, 20, 40, 60);
    }
  }

  /** The frame of a GIF at the right bottom of a larger canvas. */
  @Test
  void drawsTheFrameOfAGifOnItsCanvas() throws Exception {
    byte[] gif = TestImages.encode(twoColours(), "gif");
    ByteBuffer.wrap(gif)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(6, (short) 5)
        .putShort(8, (short) 3);
    int descriptor = 13 + 6; // after the header and two colours
    assertThat(gif[descriptor]).isEqualTo((byte) ',');
    gif[descriptor + 1] = 3;
    gif[descriptor + 3] = 2;
    try (TUint8 image = decoder.decode(gif, ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(3, 5, 3);
      byte[] pixels = Tensors.bytes(image);
      assertThat(colour(pixels, 0)).isEqualTo(0x0A1E32);
      assertThat(colour(pixels, 2 * 5 + 3)).isEqualTo(0x0A1E32);
      assertThat(colour(pixels, 2 * 5 + 4)).isEqualTo(0x14283C);
    }
  }

  private static BufferedImage twoColours() {
    IndexColorModel palette =
        new IndexColorModel(1, 2, new byte[] {10, 20}, new byte[] {30, 40}, new byte[] {50, 60});
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    image.getRaster().setSample(1, 0, 0, 1);
    return image;
  }

  private static int colour(byte[] pixels, int index) {
    return Byte.toUnsignedInt(pixels[3 * index]) << 16
        | Byte.toUnsignedInt(pixels[3 * index + 1]) << 8
        | Byte.toUnsignedInt(pixels[3 * index + 2]);
  }

  /**
   * Runs, literal pixels, a jump and an early end, with rows from the bottom; . is the first
   * colour.
   */
  @ParameterizedTest
  @CsvSource({
    "8, '02 01 00 03 02 03 04 00 01 01 00 00 00 02 02 00 02 03 00 02 00 01 01 04 00 01', ....4. ..33.. 112341",
    "4, '05 12 00 03 34 10 00 00 00 02 02 00 03 42 00 01', ...... ..424. 121213",
    "4, '03 12 00 03 34 40 00 00 06 30 00 00 00 01', ...... 3.3.3. 121344",
    "8, '06 01 00 00 06 02 00 00 06 03', 333333 222222 111111",
    "8, '09 01 00 01', ...... ...... 111111"
  })
  void decodesBmpFilesWithRuns(int bits, String data, String rows) throws Exception {
    StringBuilder found = new StringBuilder();
    int[] palette = {0x010203, 0x112233, 0x445566, 0x778899, 0xAABBCC};
    byte[] pixels = decode(bmpWithRuns(bits, palette, HexFormat.ofDelimiter(" ").parseHex(data)));
    for (int i = 0; i < 18; i++) {
      int index = Arrays.stream(palette).boxed().toList().indexOf(colour(pixels, i));
      found.append(index == 0 ? "." : index).append(i == 5 || i == 11 ? " " : "");
    }
    assertThat(found.toString()).isEqualTo(rows);
  }

  /** Java treats a palette of greys as its own grey colour space, which is linear. */
  @Test
  void decodesBmpFilesWithRunsOfGreys() throws Exception {
    int[] greys = new int[256];
    Arrays.setAll(greys, i -> 0x010101 * i);
    byte[] data = {6, 100, 0, 0, 6, (byte) 200, 0, 0, 6, 10, 0, 1};
    byte[] pixels = decode(bmpWithRuns(8, greys, data));
    assertThat(colour(pixels, 0)).isEqualTo(0x0A0A0A);
    assertThat(colour(pixels, 6)).isEqualTo(0xC8C8C8);
    assertThat(colour(pixels, 12)).isEqualTo(0x646464);
  }

  @Test
  void saysOfABmpWithRunsThatItIsCutOff() {
    assertUndecodable(
        bmpWithRuns(8, new int[] {0, 1}, new byte[] {6, 1, 0, 0, 3}), "damaged or cut off BMP");
  }

  /** Returns a BMP of 6 x 3 pixels. */
  private static byte[] bmpWithRuns(int bits, int[] palette, byte[] data) {
    int pixels = 54 + 4 * palette.length;
    ByteBuffer bmp = ByteBuffer.allocate(pixels + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(bmp.capacity()).putInt(0).putInt(pixels);
    bmp.putInt(40).putInt(6).putInt(3).putShort((short) 1).putShort((short) bits);
    bmp.putInt(bits == 8 ? 1 : 2).putInt(data.length).putInt(0).putInt(0);
    bmp.putInt(palette.length).putInt(0);
    for (int colour : palette) {
      bmp.putInt(colour);
    }
    return bmp.put(data).array();
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

  /** The colours of the corners of an upright picture, clockwise from the top left. */
  @ParameterizedTest
  @CsvSource({
    "1, RGBW", "2, GRWB", "3, BWRG", "4, WBGR", "5, RWBG", "6, GBWR", "7, BGRW", "8, WRGB"
  })
  void turnsJpegsUpright(int orientation, String storedCorners) throws Exception {
    // For an orientation of 5 to 8, the stored picture is rotated by 90 degrees.
    int side = 32;
    BufferedImage stored = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int corner = y < side / 2 ? (x < side / 2 ? 0 : 1) : (x < side / 2 ? 3 : 2);
        stored.setRGB(x, y, colorOf(storedCorners.charAt(corner)));
      }
    }
    byte[] jpeg = TestImages.withOrientation(TestImages.fineJpeg(stored, false), orientation);
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
    byte[] jpeg = TestImages.withOrientation(TestImages.jpeg(1, HEIGHT, WIDTH), 6);
    assertLies(jpeg);
  }

  /** A packet of XMP, with a placeholder for properties. */
  private static final String XMP =
      """
      <?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>
      <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
      <rdf:Description rdf:about='' xmlns:tiff='http://ns.adobe.com/tiff/1.0/' %s%s
      </rdf:RDF></x:xmpmeta><?xpacket end='w'?>""";

  /** XMP is untrusted, too: no file in it is opened. */
  @Test
  void xmpOpensNoFile() throws Exception {
    Path secret = Files.writeString(Files.createTempFile("swav-", ".txt"), "6");
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    String entity = "<!DOCTYPE x [<!ENTITY six SYSTEM '%s'>]>".formatted(secret.toUri());
    String xmp =
        entity + XMP.formatted("><tiff:Orientation>&six;</tiff:Orientation>", "</rdf:Description>");
    byte[] chunk = ("XML:com.adobe.xmp\0\0\0\0\0" + xmp).getBytes(ISO_8859_1);
    try (TUint8 image = decoder.decode(withChunk(png, "iTXt", chunk, 33), ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(HEIGHT, WIDTH, 3);
    } finally {
      Files.delete(secret);
    }
  }

  /**
   * Orientations in EXIF, in XMP, and in EXIF as ImageMagick writes it, before and after the
   * pixels.
   */
  @Test
  void turnsPngsUpright() throws Exception {
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    byte[] exif = "MM\0*\0\0\0\b\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0".getBytes(ISO_8859_1);
    byte[] xmp =
        ("XML:com.adobe.xmp\0\0\0\0\0" + XMP.formatted("tiff:Orientation='8'/>", ""))
            .getBytes(ISO_8859_1);
    String digits = "Exif\0\0" + new String(exif, ISO_8859_1);
    String raw =
        "Raw profile type exif\0\nexif\n      %d\n%s\n"
            .formatted(digits.length(), HexFormat.of().formatHex(digits.getBytes(ISO_8859_1)));
    assertLies(withChunk(png, "eXIf", exif, 33));
    assertLies(withChunk(png, "eXIf", exif, png.length - 12));
    assertLies(withChunk(png, "iTXt", xmp, 33));
    assertLies(withChunk(png, "tEXt", raw.getBytes(ISO_8859_1), 33));
    try (TUint8 image =
        decoder.decode(withChunk(png, "eXIf", new byte[] {1, 2}, 33), ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(HEIGHT, WIDTH, 3);
    }
  }

  /** Pillow reads it, but libpng does not. */
  @Test
  void aPngMayLackItsEnd() throws Exception {
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    assertThat(decode(Arrays.copyOf(png, png.length - 12))).isEqualTo(decode(png));
  }

  @Test
  void turnsJpegsUprightByTheirXmp() throws Exception {
    byte[] jpeg = TestImages.jpeg(1, HEIGHT, WIDTH);
    byte[] xmp =
        ("http://ns.adobe.com/xap/1.0/\0"
                + XMP.formatted("><tiff:Orientation>6</tiff:Orientation>", "</rdf:Description>"))
            .getBytes(ISO_8859_1);
    ByteBuffer rotated = ByteBuffer.allocate(jpeg.length + 4 + xmp.length);
    rotated.put(jpeg, 0, 2).putShort((short) 0xFFE1).putShort((short) (xmp.length + 2)).put(xmp);
    rotated.put(jpeg, 2, jpeg.length - 2);
    assertLies(rotated.array());
  }

  private static void assertLies(byte[] file) throws UndecodableImageException {
    try (TUint8 image = decoder.decode(file, ImageEncoding.FILE)) {
      assertThat(image.shape().asArray()).containsExactly(WIDTH, HEIGHT, 3);
    }
  }

  private static byte[] withChunk(byte[] png, String type, byte[] content, int at) {
    byte[] chunk = (type + new String(content, ISO_8859_1)).getBytes(ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(chunk);
    return ByteBuffer.allocate(png.length + 12 + content.length)
        .put(png, 0, at)
        .putInt(content.length)
        .put(chunk)
        .putInt((int) crc.getValue())
        .put(png, at, png.length - at)
        .array();
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
  void sizesBeyondAnyNumberAreTooLarge() {
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    ByteBuffer.wrap(png).putInt(16, -1).putInt(20, -1);
    assertUndecodable(
        png, "4,294,967,295 x 4,294,967,295 pixels, more than the limit of 180,000,000");
    ByteBuffer.wrap(png).putInt(16, 100_000_000).putInt(20, 1);
    assertUndecodable(png, "100,000,000 x 1 pixels: a side may have 1,048,576 at most");
  }

  /** libwebp takes the size from the first chunk, so a later one must not be used. */
  @Test
  void theFirstChunkOfAWebPHasItsSize() {
    ByteBuffer webp = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN);
    webp.put("RIFF".getBytes(ISO_8859_1)).putInt(36).put("WEBPVP8L".getBytes(ISO_8859_1));
    webp.putInt(5).put((byte) 0x2F).putInt(16_382 << 14 | 16_382).put((byte) 0);
    webp.put("VP8X".getBytes(ISO_8859_1)).putInt(10); // 1 x 1 pixels
    assertUndecodable(webp.array(), "16,383 x 16,383 pixels, more than the limit of 180,000,000");
    webp.put(12, "EXIF".getBytes(ISO_8859_1));
    assertUndecodable(webp.array(), "damaged or cut off WebP");
  }

  @Test
  void saysWhatIsWrong() {
    byte[] whole = TestImages.jpeg(1, HEIGHT, WIDTH);
    assertUndecodable(Arrays.copyOf(whole, whole.length / 2), "damaged or cut off JPEG");
    assertUndecodable(new byte[0], "the file is empty");
    assertUndecodable(
        "not an image".getBytes(StandardCharsets.UTF_8),
        "not a JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, TGA, HEIC or AVIF");
    byte[] png = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "png");
    assertUndecodable(Arrays.copyOf(png, png.length / 2), "damaged or cut off PNG");
    assertUndecodable(
        DrawnPicture.mark(png), "it was drawn by swav, and is not an image of the input");
    byte[] bmp = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "bmp");
    assertUndecodable(Arrays.copyOf(bmp, 40), "damaged or cut off BMP");
    byte[] gif = TestImages.encode(TestImages.smooth(1, HEIGHT, WIDTH), "gif");
    assertThatThrownBy(() -> decoder.decode(Arrays.copyOf(gif, gif.length / 2), ImageEncoding.FILE))
        .isInstanceOf(UndecodableImageException.class)
        .hasMessageStartingWith("damaged or cut off GIF");
  }

  /** The frame of a JPEG has its kind. JPEGs of unsupported kinds are complete files. */
  @ParameterizedTest
  @CsvSource({
    "0xC0, 12, a JPEG of 12 bit samples",
    "0xC1, 12, a JPEG of 12 bit samples",
    "0xC3, 8, a lossless JPEG",
    "0xC3, 16, a lossless JPEG",
    "0xCB, 8, a lossless JPEG",
    "0xC5, 8, a hierarchical JPEG",
    "0xF7, 8, a JPEG-LS",
  })
  void saysOfWhichKindAJpegIs(String marker, int precision, String kind) {
    byte[] jpeg = TestImages.jpeg(1, HEIGHT, WIDTH);
    int frame = 0;
    while ((jpeg[frame] & 0xFF) != 0xFF || (jpeg[frame + 1] & 0xFF) != 0xC0) {
      frame++;
    }
    jpeg[frame + 1] = (byte) (int) Integer.decode(marker);
    jpeg[frame + 4] = (byte) precision;
    assertUndecodable(jpeg, kind + " is not read: save it as a JPEG of 8 bits, or as PNG");
  }

  /**
   * Files with the name of an image that have another format are described by their first bytes.
   */
  @Test
  void saysWhatOtherFormatsAre() {
    assertUndecodable("\0\0\0\fJXL \r\n\u0087\n".getBytes(ISO_8859_1), "JPEG XL is not read");
    assertUndecodable("\u00FF\n\1\2".getBytes(ISO_8859_1), "JPEG XL is not read");
    assertUndecodable("\0\0\0\fjP  \r\n\u0087\n".getBytes(ISO_8859_1), "JPEG 2000 is not read");
    assertUndecodable(
        "version https://git-lfs.github.com/spec/v1\noid".getBytes(ISO_8859_1),
        "it is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it");
    assertUndecodable(
        "<!DOCTYPE html><html>".getBytes(ISO_8859_1), "its bytes are HTML, which is not an image");
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
}
