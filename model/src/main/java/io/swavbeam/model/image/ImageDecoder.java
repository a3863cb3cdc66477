package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.DecodeJpeg;
import org.tensorflow.op.image.DecodePng;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint16;
import org.tensorflow.types.TUint8;

/**
 * A decoder of images to {@code [height, width, 3] uint8}. Formats: JPEG (also progressive, grey
 * and CMYK), PNG (also 16 bit, with palette or alpha), GIF (the first frame, on its canvas), BMP,
 * WebP, TIFF, PNM, ICO, TGA, raw pixels, and HEIC and AVIF if the system has libheif's command.
 * JPEG, PNG, WebP and TIFF files are rotated upright by their EXIF or XMP. Embedded colour profiles
 * are not applied.
 *
 * <p>A change that alters the pixels of any picture gets a new {@link DecodingConfig#CURRENT
 * version}.
 *
 * <p>Thread-safe. Each image is decoded by the calling thread.
 */
public final class ImageDecoder implements AutoCloseable {
  private static final int PNG_DEPTH = 24; // the offset of the bit depth

  /**
   * The memory per pixel in bytes: a tensor and its rotated copies; for a BMP, also the picture of
   * Java and the expanded runs.
   */
  private static final int MEMORY_OF_A_PIXEL = 9;

  private static final int MEMORY_OF_A_BMP_PIXEL = 12;

  /** The memory per pixel of a HEIC or AVIF in bytes, with its PNG file, which is held twice. */
  private static final int MEMORY_OF_A_HEIF_PIXEL = 21;

  /** The memory per pixel of a WebP in bytes, with the picture and the buffers of libwebp. */
  private static final int MEMORY_OF_A_WEBP_PIXEL = 20;

  /** The memory per pixel in bytes, with a picture of four floats and the buffers of the reader. */
  private static final int MEMORY_OF_A_RASTER_PIXEL = 32;

  private enum Format {
    PNG,
    PNG_WITH_ALPHA,
    WIDE_PNG,
    WIDE_PNG_WITH_ALPHA
  }

  /** The divisor that converts samples of 16 bits to 8 bits. */
  private static final float WIDE = 257;

  private final Alpha alpha;
  private final Decode decode;
  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TString> contents;
  private final Map<Format, Operand<TUint8>> decoders = new EnumMap<>(Format.class);
  private final Map<Integer, Operand<TUint8>> jpegDecoders = new HashMap<>(); // by their reduction

  /**
   * Creates a decoder that decodes JPEGs at full size.
   *
   * @param alpha the treatment of transparent pixels
   */
  public ImageDecoder(Alpha alpha) {
    this(DecodingConfig.of(alpha));
  }

  /**
   * @param decoding the decoding; its version is ignored, because this decoder has only the current
   *     one
   */
  public ImageDecoder(DecodingConfig decoding) {
    alpha = decoding.alpha();
    decode = decoding.decode();
    Ops tf = Ops.create(graph);
    contents = tf.placeholder(TString.class);
    long channels = Pixels.CHANNELS;
    for (int reduction = 1; reduction <= Picture.MAX_REDUCTION; reduction *= 2) {
      jpegDecoders.put(
          reduction,
          tf.image.decodeJpeg(
              contents,
              DecodeJpeg.channels(channels),
              DecodeJpeg.ratio((long) reduction),
              DecodeJpeg.dctMethod("INTEGER_ACCURATE")));
    }
    decoders.put(
        Format.PNG, tf.image.decodePng(contents, TUint8.class, DecodePng.channels(channels)));
    decoders.put(
        Format.PNG_WITH_ALPHA,
        tf.image.decodePng(contents, TUint8.class, DecodePng.channels(channels + 1)));
    decoders.put(Format.WIDE_PNG, widePng(tf, channels));
    decoders.put(Format.WIDE_PNG_WITH_ALPHA, widePng(tf, channels + 1));
    session = Sessions.openSmall(graph);
  }

  /**
   * Decodes a PNG of 16 bits. Samples become {@code round(sample / 257)}. libpng would truncate
   * them.
   */
  private Operand<TUint8> widePng(Ops tf, long channels) {
    Operand<TFloat32> wide =
        tf.dtypes.cast(
            tf.image.decodePng(contents, TUint16.class, DecodePng.channels(channels)),
            TFloat32.class);
    return tf.dtypes.cast(tf.math.round(tf.math.div(wide, tf.constant(WIDE))), TUint8.class);
  }

  /** Decodes one image within the default limits. */
  public TUint8 decode(byte[] bytes, ImageEncoding encoding) throws UndecodableImageException {
    return decode(bytes, encoding, ImageLimits.DEFAULT);
  }

  /**
   * Decodes one image at full size.
   *
   * @param limits the limits, which are checked before memory is allocated for the pixels
   * @return {@code [height, width, 3] uint8}, to be closed by the caller
   * @throws UndecodableImageException if the bytes are empty, damaged, too large or not an image
   */
  public TUint8 decode(byte[] bytes, ImageEncoding encoding, ImageLimits limits)
      throws UndecodableImageException {
    return decode(bytes, encoding, limits, Picture.Reduction.NONE).pixels();
  }

  /**
   * Decodes one image.
   *
   * @param limits the limits, which are checked before memory is allocated for the pixels
   * @param reduction the largest reduction of a JPEG, if this decoder reduces JPEGs
   * @return the picture, to be closed by the caller
   * @throws UndecodableImageException if the bytes are empty, damaged, too large or not an image
   */
  public Picture decode(
      byte[] bytes, ImageEncoding encoding, ImageLimits limits, Picture.Reduction reduction)
      throws UndecodableImageException {
    limits.checkBytes(bytes.length);
    limits.checkPixels(encoding.width(), encoding.height());
    try {
      return decodeWithin(bytes, encoding, limits, reduction);
    } catch (OutOfMemoryError e) {
      // The number of pixels was checked before, so the image can be read with more memory.
      throw new UndecodableImageException(
          "%,d bytes of memory are not enough to decode it: increase Java's heap, for example with -Xmx4g"
              .formatted(Runtime.getRuntime().maxMemory()),
          e);
    }
  }

  /**
   * Returns the memory that decoding an image takes at most, including its pixels.
   *
   * @return the memory in bytes; a small number if the image cannot be decoded
   */
  public static long memory(byte[] bytes, ImageEncoding encoding) {
    ImageHeader header = header(bytes, encoding);
    return header == null ? 0 : ofOnePixel(bytes, encoding) * header.width() * header.height();
  }

  private static long ofOnePixel(byte[] bytes, ImageEncoding encoding) {
    FileSignature format =
        encoding.kind() == ImageEncoding.Kind.FILE ? FileSignature.of(bytes).orElse(null) : null;
    if (format == null) {
      return encoding.kind() == ImageEncoding.Kind.FILE
          ? MEMORY_OF_A_RASTER_PIXEL // a TGA
          : MEMORY_OF_A_PIXEL;
    }
    return switch (format) {
      case BMP, DIB, ICO -> MEMORY_OF_A_BMP_PIXEL;
      case HEIC, AVIF -> MEMORY_OF_A_HEIF_PIXEL;
      case WEBP -> MEMORY_OF_A_WEBP_PIXEL;
      case TIFF, PNM -> MEMORY_OF_A_RASTER_PIXEL;
      default -> MEMORY_OF_A_PIXEL;
    };
  }

  /**
   * Returns the shorter side of an image in pixels, from its first bytes. Empty if they are damaged
   * or of an unknown format.
   */
  public static OptionalInt shorterSide(byte[] bytes, ImageEncoding encoding) {
    ImageHeader header = header(bytes, encoding);
    return header == null || Math.max(header.width(), header.height()) > ImageLimits.MAX_SIDE
        ? OptionalInt.empty()
        : OptionalInt.of((int) Math.min(header.width(), header.height()));
  }

  private static @Nullable ImageHeader header(byte[] bytes, ImageEncoding encoding) {
    return switch (encoding.kind()) {
      case PLANAR_RGB, GREY -> new ImageHeader(encoding.width(), encoding.height());
      case FILE -> headerOf(bytes);
    };
  }

  private static @Nullable ImageHeader headerOf(byte[] bytes) {
    FileSignature format = FileSignature.of(bytes).orElse(null);
    if (format == null) {
      return raster(bytes);
    }
    return switch (format) {
      case JPEG -> ofFrame(JpegFrame.of(bytes));
      case PNG -> ImageHeader.ofPng(bytes);
      case GIF -> ImageHeader.ofGif(bytes);
      case BMP -> ImageHeader.ofBmp(bytes);
      case DIB -> ImageHeader.ofBmp(BmpPicture.ofDib(bytes));
      case WEBP -> WebPPicture.header(bytes);
      case HEIC, AVIF -> HeifBoxes.header(bytes);
      case ICO -> ofIco(IcoPicture.of(bytes));
      default -> raster(bytes);
    };
  }

  private static @Nullable ImageHeader raster(byte[] bytes) {
    return RasterPicture.Format.of(bytes)
        .map(format -> RasterPicture.header(bytes, format))
        .orElse(null);
  }

  private static @Nullable ImageHeader ofFrame(@Nullable JpegFrame frame) {
    return frame == null ? null : frame.size();
  }

  private static @Nullable ImageHeader ofIco(@Nullable IcoPicture picture) {
    return picture == null ? null : picture.size();
  }

  /** Returns whether this system has the command that decodes HEIC and AVIF. */
  public static boolean readsHeif() {
    return HeifPicture.isAvailable();
  }

  /**
   * Returns the error for a HEIC or AVIF on a system without the command, with a remedy.
   *
   * @param format the name of the format for people
   */
  public static UndecodableImageException withoutHeif(String format) {
    return HeifPicture.refusal(format);
  }

  private Picture decodeWithin(
      byte[] bytes, ImageEncoding encoding, ImageLimits limits, Picture.Reduction reduction)
      throws UndecodableImageException {
    if (encoding.kind() == ImageEncoding.Kind.FILE && FileSignature.JPEG.matches(bytes)) {
      return jpeg(bytes, limits, reduction);
    }
    return Picture.whole(
        switch (encoding.kind()) {
          case FILE -> decodeFile(bytes, limits);
          case PLANAR_RGB -> interleaved(bytes, encoding, encoding.height() * encoding.width());
          case GREY -> interleaved(bytes, encoding, 0);
        });
  }

  private Picture jpeg(byte[] bytes, ImageLimits limits, Picture.Reduction reduction)
      throws UndecodableImageException {
    JpegFrame frame = JpegFrame.of(bytes);
    ImageHeader header = ofFrame(frame);
    check(header, limits);
    String unread = frame == null ? null : frame.unreadKind();
    if (unread != null) {
      throw new UndecodableImageException(
          ErrorKind.FORMAT_NOT_READ,
          "a %s is not read: save it as a JPEG of 8 bits, or as PNG".formatted(unread));
    }
    int orientation = Orientation.ofJpeg(bytes);
    int times = 1;
    if (decode == Decode.SCALED && header != null) {
      int height = (int) header.height();
      int width = (int) header.width();
      times =
          Orientation.swapsSides(orientation)
              ? reduction.of(width, height)
              : reduction.of(height, width);
    }
    if (times == 1) {
      return Picture.whole(
          Orientation.upright(run("JPEG", jpegDecoders.get(1), bytes), orientation));
    }
    return Orientation.upright(
        run("JPEG", jpegDecoders.get(times), bytes), orientation, header, times);
  }

  private TUint8 decodeFile(byte[] bytes, ImageLimits limits) throws UndecodableImageException {
    if (bytes.length == 0) {
      throw new UndecodableImageException(ErrorKind.EMPTY, "the file is empty");
    }
    Optional<FileSignature> signature = FileSignature.of(bytes);
    if (signature.isEmpty()) {
      RasterPicture.Format format =
          RasterPicture.Format.of(bytes)
              .orElseThrow(
                  () ->
                      new UndecodableImageException(
                          ErrorKind.NOT_AN_IMAGE,
                          "not a JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, TGA, HEIC or AVIF"));
      return RasterPicture.decode(bytes, format, alpha, limits);
    }
    String title = signature.get().title();
    return switch (signature.get()) {
      case PNG -> png(bytes, header(title, ImageHeader.ofPng(bytes), limits));
      case GIF ->
          GifPicture.decode(bytes, header(title, ImageHeader.ofGif(bytes), limits), alpha, limits);
      case BMP -> bmp(bytes, header(title, ImageHeader.ofBmp(bytes), limits));
      case DIB -> bmp(BmpPicture.ofDib(bytes), header(title, headerOf(bytes), limits));
      case WEBP ->
          WebPPicture.decode(
              bytes, header(title, WebPPicture.header(bytes), limits), alpha, limits);
      case HEIC, AVIF -> heif(bytes, title, header(title, HeifBoxes.header(bytes), limits), limits);
      case ICO -> ico(IcoPicture.of(bytes), limits);
      case TIFF -> RasterPicture.decode(bytes, RasterPicture.Format.TIFF, alpha, limits);
      case PNM -> RasterPicture.decode(bytes, RasterPicture.Format.PNM, alpha, limits);
      default ->
          throw new UndecodableImageException(ErrorKind.FORMAT_NOT_READ, signature.get().refusal());
    };
  }

  private TUint8 bmp(byte[] bytes, ImageHeader header) throws UndecodableImageException {
    if (!header.fitsBmp(bytes)) {
      throw damaged("BMP");
    }
    return BmpPicture.decode(bytes, header, alpha);
  }

  private TUint8 ico(@Nullable IcoPicture picture, ImageLimits limits)
      throws UndecodableImageException {
    ImageHeader size = header("ICO", ofIco(picture), limits);
    return picture.isPng() ? png(picture.bytes(), size) : picture.decodeBitmap(alpha);
  }

  private TUint8 heif(byte[] bytes, String format, ImageHeader header, ImageLimits limits)
      throws UndecodableImageException {
    byte[] png = HeifPicture.png(bytes, format, header, limits);
    // libheif rotates the picture, but may keep the EXIF orientation in the PNG.
    return png(
        png,
        header(format, ImageHeader.ofPng(png), limits),
        PngMetadata.of(png).withOrientation(Orientation.ofHeif(bytes)));
  }

  private TUint8 png(byte[] bytes, ImageHeader header) throws UndecodableImageException {
    PngMetadata metadata = PngMetadata.of(bytes);
    if (metadata.drawn()) {
      throw new UndecodableImageException("it was drawn by swav, and is not an image of the input");
    }
    return png(bytes, header, metadata);
  }

  private TUint8 png(byte[] png, ImageHeader header, PngMetadata metadata)
      throws UndecodableImageException {
    byte[] bytes = metadata.ended(png);
    boolean wide = bytes[PNG_DEPTH] == Short.SIZE;
    if (alpha == Alpha.DROP || !metadata.transparent()) {
      return Orientation.upright(
          png(wide ? Format.WIDE_PNG : Format.PNG, bytes), metadata.orientation());
    }
    if (header.width() * header.height() > ImageLimits.MAX_BYTES / 4) {
      throw new UndecodableImageException(
          "%,d x %,d pixels with alpha are too many".formatted(header.width(), header.height()));
    }
    return Orientation.upright(
        Pixels.onWhite(png(wide ? Format.WIDE_PNG_WITH_ALPHA : Format.PNG_WITH_ALPHA, bytes)),
        metadata.orientation());
  }

  private static ImageHeader header(String format, @Nullable ImageHeader header, ImageLimits limits)
      throws UndecodableImageException {
    if (header == null) {
      throw damaged(format);
    }
    check(header, limits);
    return header;
  }

  private static UndecodableImageException damaged(String format) {
    return new UndecodableImageException("damaged or cut off " + format);
  }

  private static void check(@Nullable ImageHeader header, ImageLimits limits)
      throws UndecodableImageException {
    // If there is no header, the decoder reports the reason.
    if (header != null) {
      limits.checkPixels(header.width(), header.height());
    }
  }

  private TUint8 png(Format format, byte[] bytes) throws UndecodableImageException {
    return run("PNG", decoders.get(format), bytes);
  }

  private TUint8 run(String format, Operand<TUint8> decoded, byte[] bytes)
      throws UndecodableImageException {
    try (TString fed = TString.tensorOfBytes(NdArrays.scalarOfObject(bytes))) {
      // The only tensor of the result is returned to the caller, so the result is not closed.
      Result result = session.runner().feed(contents, fed).fetch(decoded).run();
      return (TUint8) result.get(0);
    } catch (TensorFlowException | IllegalArgumentException e) {
      // TensorFlow's "invalid argument" is an IllegalArgumentException in Java.
      throw new UndecodableImageException("damaged or cut off " + format, e);
    }
  }

  /**
   * @param plane the distance from the red value of a pixel to the green one, and from green to
   *     blue; 0 for grey pixels
   */
  private static TUint8 interleaved(byte[] bytes, ImageEncoding encoding, int plane)
      throws UndecodableImageException {
    int count = encoding.height() * encoding.width();
    int expected = plane == 0 ? count : count * Pixels.CHANNELS;
    if (bytes.length != expected) {
      throw new UndecodableImageException(
          "the record has %d bytes instead of %d".formatted(bytes.length, expected));
    }
    byte[] pixels = new byte[count * Pixels.CHANNELS];
    for (int i = 0; i < count; i++) {
      for (int channel = 0; channel < Pixels.CHANNELS; channel++) {
        pixels[i * Pixels.CHANNELS + channel] = bytes[i + channel * plane];
      }
    }
    return Pixels.tensor(pixels, encoding.height(), encoding.width());
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
