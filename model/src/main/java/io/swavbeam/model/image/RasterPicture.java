package io.swavbeam.model.image;

import com.twelvemonkeys.imageio.plugins.pnm.PNMImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tga.TGAImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.signature.FileSignature;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TUint8;

/**
 * A TIFF, PNM or TGA picture, decoded by the readers of TwelveMonkeys, which are written in Java.
 * The readers are created here instead of through ImageIO's registry, because the registry sees the
 * readers of one class loader only.
 *
 * <p>Samples are used as they are stored, without applying colour profiles, as in Pillow. They are
 * grey, or red, green and blue. Samples of 16 and 32 bits are scaled to 8 bits. Floats range from 0
 * to 1. CMYK is converted by Pillow's formula, and L*a*b* by LittleCMS's. If a file has several
 * pictures, the first one is read.
 */
final class RasterPicture {
  /** The supported formats. */
  enum Format {
    TIFF("TIFF"),
    PNM("PNM"),
    TGA("TGA");

    private final String title;

    Format(String title) {
      this.title = title;
    }

    /** Returns the name of the format for people. */
    String title() {
      return title;
    }

    private ImageReaderSpi provider() {
      return switch (this) {
        case TIFF -> new TIFFImageReaderSpi();
        case PNM -> new PNMImageReaderSpi();
        case TGA -> new TGAImageReaderSpi();
      };
    }

    /**
     * Returns the format of a file by its first bytes. TGA has no signature, so it is tried only if
     * no other format matches.
     */
    static Optional<Format> of(byte[] bytes) {
      Optional<FileSignature> signature = FileSignature.of(bytes);
      if (signature.isEmpty()) {
        return isTga(bytes) ? Optional.of(TGA) : Optional.empty();
      }
      return switch (signature.get()) {
        case TIFF -> Optional.of(TIFF);
        case PNM -> Optional.of(PNM);
        default -> Optional.empty();
      };
    }

    /** Returns whether each field of a TGA header has a valid value. */
    private static boolean isTga(byte[] bytes) {
      return bytes.length > TGA_HEADER
          && bytes[1] >= 0
          && bytes[1] <= 1
          && TGA_TYPES.contains((int) bytes[2])
          && ((bytes[2] & ~8) != 1 || bytes[1] == 1)
          && ImageHeader.littleEndian(bytes, 12, 2) > 0
          && ImageHeader.littleEndian(bytes, 14, 2) > 0
          && TGA_DEPTHS.contains((int) bytes[16]);
    }
  }

  private static final int TGA_HEADER = 18;
  private static final Set<Integer> TGA_TYPES = Set.of(1, 2, 3, 9, 10, 11);
  private static final Set<Integer> TGA_DEPTHS = Set.of(1, 8, 15, 16, 24, 32);

  /** The largest number of bands: red, green, blue and three more, or CMYK and two more. */
  private static final int MAX_BANDS = 6;

  private static final long MAX_SIDE = 1 << 10;
  private static final long MAX_TILE = 1 << 20;
  private static final int MAX_BYTE = 255;
  private static final int GREY = 1;
  private static final int COLOURS = 3;
  private static final int INKS = 4;

  private RasterPicture() {}

  /**
   * Returns the size of a picture from its first bytes.
   *
   * @return null if they are damaged
   */
  static @Nullable ImageHeader header(byte[] bytes, Format format) {
    if (format == Format.TGA) {
      return new ImageHeader(
          ImageHeader.littleEndian(bytes, 12, 2), ImageHeader.littleEndian(bytes, 14, 2));
    }
    ImageReader reader = reader(bytes, format);
    try {
      return new ImageHeader(reader.getWidth(0), reader.getHeight(0));
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      return null; // decoding reports the reason
    } finally {
      reader.dispose();
    }
  }

  /**
   * Decodes a picture.
   *
   * @return {@code [height, width, 3] uint8}, upright
   * @throws UndecodableImageException if it is damaged, too large, or of a kind that is not
   *     supported
   */
  static TUint8 decode(byte[] bytes, Format format, Alpha alpha, ImageLimits limits)
      throws UndecodableImageException {
    ImageHeader header = header(bytes, format);
    if (header == null) {
      throw new UndecodableImageException("damaged or cut off " + format.title());
    }
    limits.checkPixels(header.width(), header.height());
    TiffTags tags = format == Format.TIFF ? TiffTags.of(bytes) : null;
    if (tags != null) {
      tags.check();
    }
    if (format == Format.TGA) {
      checkTga(bytes);
    }
    ImageReader reader = null;
    try {
      reader = reader(readable(bytes, format, header), format);
      ImageTypeSpecifier stored = reader.getRawImageType(0);
      if (stored != null && stored.getNumBands() > MAX_BANDS) {
        throw new UndecodableImageException(
            ErrorKind.FORMAT_NOT_READ,
            "a %s of %d channels is not read: save it as RGB, with or without alpha"
                .formatted(format.title(), stored.getNumBands()));
      }
      limits.checkPixels(reader.getTileWidth(0), reader.getTileHeight(0));
      TUint8 pixels =
          tags != null && tags.photometric() == TiffTags.LAB
              ? lab(reader.readRaster(0, null))
              : pixels(read(reader, stored), format, alpha);
      return Orientation.upright(
          pixels, format == Format.TIFF ? Orientation.ofTiff(bytes) : Orientation.UPRIGHT);
    } catch (IOException | RuntimeException e) {
      String said = UndecodableImageException.because(e);
      boolean isOldJpeg = tags != null && tags.compression() == TiffTags.OLD_JPEG;
      throw new UndecodableImageException(
          isOldJpeg || said.matches("(?i).*(unsupported|not supported|unknown).*")
              ? "a %s of a kind that is not read%s".formatted(format.title(), said)
              : "damaged or cut off %s, or of a kind that is not read%s"
                  .formatted(format.title(), said),
          e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  /** Rejects the kinds of TGA that TwelveMonkeys' reader does not support or reads wrongly. */
  private static void checkTga(byte[] bytes) throws UndecodableImageException {
    String kind = null;
    if (bytes[16] == 1 || bytes[16] == 15) {
      kind = "%d bits a pixel".formatted(bytes[16]);
    } else if ((bytes[2] & ~8) == 3 && bytes[16] != 8) {
      kind = "grey with alpha";
    } else if ((bytes[17] & 0x10) != 0) {
      kind = "rows from right to left";
    } else if (bytes[1] == 1 && ImageHeader.littleEndian(bytes, 3, 2) != 0) {
      kind = "a palette that does not begin at 0";
    } else if (bytes[1] == 1 && bytes[7] < 24) {
      kind = "a palette of %d bits".formatted(bytes[7]);
    }
    if (kind != null) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ, "a TGA of %s is not read: save it as PNG".formatted(kind));
    }
  }

  /** Returns a file that the reader reads as Pillow does. */
  private static byte[] readable(byte[] bytes, Format format, ImageHeader header)
      throws IOException {
    return switch (format) {
      case TIFF -> TiffDirectory.readable(bytes, most(header));
      case TGA -> withAlpha(bytes);
      case PNM -> bytes;
    };
  }

  /** Marks the fourth byte of a pixel as alpha, which is its meaning if the header says nothing. */
  private static byte[] withAlpha(byte[] tga) {
    if (tga[16] != 32 || (tga[17] & 0x0F) != 0) {
      return tga;
    }
    byte[] said = tga.clone();
    said[17] |= 8;
    return said;
  }

  /**
   * Returns the largest number of bytes of the stored pixels. Tiles may extend beyond the picture.
   */
  private static long most(ImageHeader header) {
    return MAX_TILE
        + MAX_BANDS * (header.width() + MAX_SIDE) * (header.height() + MAX_SIDE) * Long.BYTES;
  }

  private static BufferedImage read(ImageReader reader, @Nullable ImageTypeSpecifier stored)
      throws IOException {
    if (stored != null && stored.getSampleModel().getDataType() >= DataBuffer.TYPE_FLOAT) {
      // Reads a raster, because a picture would clip floats to [0, 1].
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
      throw new IllegalStateException(e); // cannot happen: the reader was just created
    }
  }

  private static TUint8 lab(Raster raster) throws UndecodableImageException {
    if (raster.getTransferType() != DataBuffer.TYPE_BYTE || raster.getNumBands() != COLOURS) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ, "a TIFF of L*a*b* in 16 bits is not read: save it as RGB");
    }
    byte[] pixels =
        new byte[Math.multiplyExact(raster.getHeight() * raster.getWidth(), Pixels.CHANNELS)];
    int[] samples = new int[raster.getWidth() * COLOURS];
    int[] row = new int[raster.getWidth()];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, row.length, 1, samples);
      for (int x = 0; x < row.length; x++) {
        row[x] = LabColors.rgb(samples[3 * x], samples[3 * x + 1], samples[3 * x + 2]);
      }
      Pixels.write(row, Alpha.DROP, pixels, y * row.length * Pixels.CHANNELS);
    }
    return Pixels.tensor(pixels, raster.getHeight(), raster.getWidth());
  }

  private static TUint8 pixels(BufferedImage image, Format format, Alpha alpha)
      throws UndecodableImageException {
    int height = image.getHeight();
    int width = image.getWidth();
    byte[] pixels = new byte[Math.multiplyExact(height * width, Pixels.CHANNELS)];
    int colourBands = colourBands(image.getColorModel());
    if (colourBands == 0) {
      // Pixels with a palette, or colours that need Java's colour space.
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

  /**
   * Returns how many samples of a pixel are its colour; 0 if a palette or a colour space is needed.
   */
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
   * Returns red, green and blue, packed as in Java's RGB integers.
   *
   * @param share the factor that the samples were multiplied with, in 255ths
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
        : Math.min(MAX_BYTE, sample * MAX_BYTE / share); // rounded down as in Pillow
  }

  /** Returns Pillow's product of two numbers in 255ths. */
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

    /**
     * Scales a sample to 0 to 255 and rounds it. For 16 bits, this is {@code round(sample / 257)}.
     */
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
