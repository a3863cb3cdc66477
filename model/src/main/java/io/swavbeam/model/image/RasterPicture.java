package io.swavbeam.model.image;

import com.twelvemonkeys.imageio.plugins.pnm.PNMImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import io.swavbeam.model.config.Alpha;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TUint8;

/**
 * A WebP, TIFF or PNM, through the readers of TwelveMonkeys, which are Java. They are made here and
 * not looked up in ImageIO's registry, which knows the readers of one class loader only.
 *
 * <p>The samples are taken as they are stored, whatever colour profile is in the file, as Pillow
 * does it: grey or red, green and blue; 16 and 32 bits scaled to 8; floats from 0 to 1; CMYK by
 * Pillow's formula. Of several pictures, the first.
 */
final class RasterPicture {
  /** The formats. */
  enum Format {
    WEBP("WebP"),
    TIFF("TIFF"),
    PNM("PNM");

    private final String title;

    Format(String title) {
      this.title = title;
    }

    /** For people. */
    String title() {
      return title;
    }

    private ImageReaderSpi provider() {
      return switch (this) {
        case WEBP -> new WebPImageReaderSpi();
        case TIFF -> new TIFFImageReaderSpi();
        case PNM -> new PNMImageReaderSpi();
      };
    }

    /** The format that bytes begin as. */
    static Optional<Format> of(byte[] bytes) {
      String head =
          new String(
              bytes, 0, Math.min(bytes.length, SHORTEST_WEBP_HEAD), StandardCharsets.ISO_8859_1);
      if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) {
        return Optional.of(WEBP);
      }
      if (head.startsWith("II*\0")
          || head.startsWith("MM\0*")
          || head.startsWith("II+\0")
          || head.startsWith("MM\0+")) {
        return Optional.of(TIFF);
      }
      return PNM_HEAD.matcher(head).lookingAt() ? Optional.of(PNM) : Optional.empty();
    }
  }

  private static final int SHORTEST_WEBP_HEAD = 12;
  private static final Pattern PNM_HEAD = Pattern.compile("P[1-6]\\s+[0-9#]");

  /** Red, green, blue and alpha, or the four inks and alpha. */
  private static final int MAX_BANDS = 5;

  private static final int MAX_BYTE = 255;
  private static final int GREY = 1;
  private static final int COLOURS = 3;
  private static final int INKS = 4;

  private RasterPicture() {}

  /**
   * The size of a picture as its first bytes say it.
   *
   * @return null if they are damaged
   */
  static @Nullable ImageHeader header(byte[] bytes, Format format) {
    ImageReader reader = reader(bytes, format);
    try {
      return new ImageHeader(reader.getWidth(0), reader.getHeight(0));
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      return null; // decoding says what is wrong
    } finally {
      reader.dispose();
    }
  }

  /**
   * Decodes a picture.
   *
   * @return {@code [height, width, 3] uint8}, upright
   * @throws UndecodableImageException if it is damaged, too large, or of a kind that is not read
   */
  static TUint8 decode(byte[] bytes, Format format, Alpha alpha, ImageLimits limits)
      throws UndecodableImageException {
    ImageReader reader = reader(bytes, format);
    try {
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      limits.checkPixels(width, height);
      ImageTypeSpecifier stored = reader.getRawImageType(0);
      if (stored != null && stored.getNumBands() > MAX_BANDS) {
        throw new UndecodableImageException(
            "a %s of %d channels: three and alpha are read"
                .formatted(format.title(), stored.getNumBands()));
      }
      limits.checkPixels(reader.getTileWidth(0), reader.getTileHeight(0));
      return Orientation.upright(
          pixels(read(reader, stored), format, alpha), orientation(bytes, format));
    } catch (IOException | RuntimeException e) {
      throw new UndecodableImageException(
          "damaged or cut off %s, or of a kind that is not read".formatted(format.title()), e);
    } finally {
      reader.dispose();
    }
  }

  private static BufferedImage read(ImageReader reader, @Nullable ImageTypeSpecifier stored)
      throws IOException {
    if (stored != null && stored.getSampleModel().getDataType() >= DataBuffer.TYPE_FLOAT) {
      // As a picture, floats would be cut off at 0 and 1.
      WritableRaster raster = (WritableRaster) reader.readRaster(0, null);
      return new BufferedImage(stored.getColorModel(), raster, false, null);
    }
    ImageReadParam wish = reader.getDefaultReadParam();
    wish.setDestinationType(stored);
    return reader.read(0, wish);
  }

  private static ImageReader reader(byte[] bytes, Format format) {
    try {
      ImageReader reader = format.provider().createReaderInstance(null);
      reader.setInput(
          new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes)), false, true);
      return reader;
    } catch (IOException e) {
      throw new IllegalStateException(e); // it is only made
    }
  }

  private static int orientation(byte[] bytes, Format format) {
    return switch (format) {
      case TIFF -> Orientation.ofExif(bytes).orElse(Orientation.UPRIGHT);
      case WEBP -> Orientation.ofWebp(bytes);
      case PNM -> Orientation.UPRIGHT;
    };
  }

  private static TUint8 pixels(BufferedImage image, Format format, Alpha alpha)
      throws UndecodableImageException {
    int height = image.getHeight();
    int width = image.getWidth();
    byte[] pixels = new byte[Math.multiplyExact(height * width, Pixels.CHANNELS)];
    int colourBands = colourBands(image.getColorModel());
    if (colourBands == 0) {
      // A palette, or colours that only Java's colour space understands.
      int[] row = new int[width];
      for (int y = 0; y < height; y++) {
        image.getRGB(0, y, width, 1, row, 0, width);
        Pixels.write(row, alpha, pixels, y * width * Pixels.CHANNELS);
      }
      return Pixels.tensor(pixels, height, width);
    }
    Samples samples = new Samples(image, format);
    int bands = image.getRaster().getNumBands();
    boolean transparent = image.getColorModel().hasAlpha() && bands > colourBands;
    boolean multiplied = transparent && image.getColorModel().isAlphaPremultiplied();
    int[] row = new int[width * bands];
    int[] colours = new int[width];
    for (int y = 0; y < height; y++) {
      samples.read(y, row);
      for (int x = 0; x < width; x++) {
        int at = x * bands;
        int opacity = transparent ? row[at + colourBands] : MAX_BYTE;
        colours[x] = opacity << 24 | colour(row, at, colourBands, multiplied ? opacity : MAX_BYTE);
      }
      Pixels.write(colours, alpha, pixels, y * width * Pixels.CHANNELS);
    }
    return Pixels.tensor(pixels, height, width);
  }

  /** How many samples of a pixel are its colour; 0 where they are not its colour by themselves. */
  private static int colourBands(ColorModel model) {
    if (model instanceof IndexColorModel) {
      return 0;
    }
    return switch (model.getColorSpace().getType()) {
      case ColorSpace.TYPE_GRAY -> GREY;
      case ColorSpace.TYPE_RGB -> COLOURS;
      case ColorSpace.TYPE_CMYK -> INKS;
      default -> 0;
    };
  }

  /**
   * Red, green and blue as Java packs them.
   *
   * @param share that the samples were multiplied with, of 255
   */
  private static int colour(int[] row, int at, int colourBands, int share) {
    int red = whole(row[at], share);
    if (colourBands == GREY) {
      return red << 16 | red << 8 | red;
    }
    int green = whole(row[at + 1], share);
    int blue = whole(row[at + 2], share);
    if (colourBands == INKS) {
      int light = MAX_BYTE - whole(row[at + 3], share);
      red = light - product(red, light);
      green = light - product(green, light);
      blue = light - product(blue, light);
    }
    return red << 16 | green << 8 | blue;
  }

  private static int whole(int sample, int share) {
    return share == MAX_BYTE || share == 0
        ? sample
        : Math.min(MAX_BYTE, (sample * MAX_BYTE + share / 2) / share);
  }

  /** Pillow's product of two shares of 255. */
  private static int product(int a, int b) {
    int product = a * b + 128;
    return ((product >> 8) + product) >> 8;
  }

  /** The samples of a picture as bytes. */
  private static final class Samples {
    private final Raster raster;
    private final int type;
    private final long most;
    private final String format;
    private float[] floats = new float[0];

    Samples(BufferedImage image, Format format) throws UndecodableImageException {
      raster = image.getRaster();
      type = raster.getTransferType();
      this.format = format.title();
      int bits = image.getColorModel().getComponentSize(0);
      most = (1L << Math.min(bits, Integer.SIZE)) - 1;
      if (type == DataBuffer.TYPE_SHORT) {
        throw new UndecodableImageException(
            "a %s of signed numbers: save it with unsigned ones".formatted(this.format));
      }
    }

    void read(int y, int[] row) throws UndecodableImageException {
      if (type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE) {
        if (floats.length == 0) {
          floats = new float[row.length];
        }
        raster.getPixels(0, y, raster.getWidth(), 1, floats);
        for (int i = 0; i < row.length; i++) {
          row[i] = ofFloat(floats[i]);
        }
        return;
      }
      raster.getPixels(0, y, raster.getWidth(), 1, row);
      if (most != MAX_BYTE) {
        Arrays.setAll(row, i -> scaled(row[i]));
      }
    }

    /** To 0 to 255, rounded: of 16 bits, {@code round(sample / 257)}. */
    private int scaled(int sample) {
      return (int) ((2 * MAX_BYTE * (sample & 0xFFFFFFFFL) + most) / (2 * most));
    }

    private int ofFloat(float sample) throws UndecodableImageException {
      if (!(sample >= 0 && sample <= 1)) {
        throw new UndecodableImageException(
            "a %s of floats that are not in 0 to 1, such as %s: scale them"
                .formatted(format, sample));
      }
      return Math.round(sample * MAX_BYTE);
    }
  }
}
