package io.swavbeam.model.image;

import com.twelvemonkeys.imageio.metadata.CompoundDirectory;
import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import io.swavbeam.model.error.ErrorKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The tags of the first picture of a TIFF that describe how it is stored (TIFF 6.0 and its
 * supplements).
 *
 * @param compression the compression of the pixels
 * @param photometric the colour space of the samples; -1 if it is missing
 * @param samples the number of samples per pixel
 * @param extra the meaning of the samples beyond the colour; 2 is alpha
 * @param sampleFormat 1 for unsigned and 2 for signed integers, 3 for floats, 5 and 6 for complex
 *     numbers
 * @param bits the number of bits of each sample
 * @param planes 1 if the samples of a pixel are stored together, 2 if each is in a plane of its own
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TiffTags(
    int compression,
    int photometric,
    int samples,
    int[] extra,
    int sampleFormat,
    int bits,
    int planes) {
  static final int LAB = 8;

  /** The JPEG compression of TIFF 6.0. The reader supports some of its layouts. */
  static final int OLD_JPEG = 6;

  private static final int JPEG = 7;
  private static final int APART = 2;

  private static final int ALPHA = 2;

  /**
   * The compressions that the TIFF reader supports, and Zstandard, which {@link TiffDirectory}
   * replaces.
   */
  private static final Set<Integer> COMPRESSIONS =
      Set.of(1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32908, 32909, 32946, 50000);

  private static final Map<Integer, String> UNREAD_COMPRESSIONS =
      Map.ofEntries(
          Map.entry(34925, "LZMA"),
          Map.entry(50001, "WebP"),
          Map.entry(50002, "JPEG XL"),
          Map.entry(52546, "JPEG XL"),
          Map.entry(34712, "JPEG 2000"),
          Map.entry(33003, "JPEG 2000"),
          Map.entry(33005, "JPEG 2000"),
          Map.entry(34887, "LERC"),
          Map.entry(34933, "PNG"),
          Map.entry(34934, "JPEG XR"),
          Map.entry(34661, "JBIG"),
          Map.entry(34715, "JBIG2"),
          Map.entry(34676, "SGILog"),
          Map.entry(34677, "SGILog"),
          Map.entry(32766, "NeXT"),
          Map.entry(32809, "ThunderScan"));

  private static final Map<Integer, String> UNREAD_NUMBERS =
      Map.of(2, "signed numbers", 5, "complex numbers", 6, "complex numbers");

  private static final Map<Integer, String> UNREAD_COLOURS =
      Map.of(
          4, "a mask",
          9, "ICC L*a*b*",
          10, "ITU L*a*b*",
          32803, "a camera's filter array",
          32844, "LogL",
          32845, "LogLuv",
          34892, "linear raw colours");

  /** Returns the tags of a file; null if they are damaged. The file cannot be decoded then. */
  static @Nullable TiffTags of(byte[] tiff) {
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(tiff))) {
      Directory all = new TIFFReader().read(in);
      Directory first =
          all instanceof CompoundDirectory compound && compound.directoryCount() > 0
              ? compound.getDirectory(0)
              : all;
      return new TiffTags(
          number(first, TIFF.TAG_COMPRESSION, 1),
          number(first, TIFF.TAG_PHOTOMETRIC_INTERPRETATION, -1),
          number(first, TIFF.TAG_SAMPLES_PER_PIXEL, 1),
          numbers(first, TIFF.TAG_EXTRA_SAMPLES),
          number(first, TIFF.TAG_SAMPLE_FORMAT, 1),
          number(first, TIFF.TAG_BITS_PER_SAMPLE, 1),
          number(first, TIFF.TAG_PLANAR_CONFIGURATION, 1));
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static int number(Directory directory, int tag, int otherwise) {
    int[] numbers = numbers(directory, tag);
    return numbers.length == 0 ? otherwise : numbers[0];
  }

  private static int[] numbers(Directory directory, int tag) {
    Entry entry = directory.getEntryById(tag);
    Object value = entry == null ? null : entry.getValue();
    if (value instanceof Number number) {
      return new int[] {number.intValue()};
    }
    if (value != null && value.getClass().isArray()) {
      int[] numbers = new int[Array.getLength(value)];
      Arrays.setAll(numbers, i -> Array.get(value, i) instanceof Number n ? n.intValue() : 0);
      return numbers;
    }
    return new int[0];
  }

  /**
   * Checks that the file is of a kind that is read as in Pillow.
   *
   * @throws UndecodableImageException if it is not, with the name of the compression, the colour
   *     space or the channels
   */
  void check() throws UndecodableImageException {
    if (!COMPRESSIONS.contains(compression)) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a TIFF compressed with %s is not read: save it with LZW or Deflate"
              .formatted(UNREAD_COMPRESSIONS.getOrDefault(compression, "method " + compression)));
    }
    if (compression == JPEG && (bits != Byte.SIZE || (planes == APART && samples > 1))) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a TIFF of JPEG %s is not read: save it with LZW or Deflate"
              .formatted(bits == Byte.SIZE ? "in planes" : "of %d bits".formatted(bits)));
    }
    if (photometric != LAB && UNREAD_NUMBERS.containsKey(sampleFormat)) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a TIFF of %s is not read: save it with unsigned ones"
              .formatted(UNREAD_NUMBERS.get(sampleFormat)));
    }
    if (sampleFormat == 1 && bits > Integer.SIZE) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a TIFF of %d bits per sample is not read: save it with 8, 16 or 32".formatted(bits));
    }
    String colours = UNREAD_COLOURS.get(photometric);
    if (colours != null) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ, "a TIFF of %s is not read: save it as RGB".formatted(colours));
    }
    boolean known =
        switch (photometric) {
          case 0, 1 -> samples == 1 || (samples == 2 && firstExtra() == ALPHA);
          case 2 -> samples >= 3 && samples <= 6;
          case 3 -> samples == 1;
          case 5 -> samples >= 4 && samples <= 6;
          case 6, LAB -> samples == 3;
          default -> true; // the reader reports the reason
        };
    if (!known) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a TIFF of %d channels that are not %s: save the colours as RGB"
              .formatted(samples, photometric == 2 ? "RGB with alpha" : "RGB"));
    }
  }

  private int firstExtra() {
    return extra.length == 0 ? 0 : extra[0];
  }
}
