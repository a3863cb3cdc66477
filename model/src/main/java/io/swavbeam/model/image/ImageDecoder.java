package io.swavbeam.model.image;

import io.swavbeam.model.tensorflow.Sessions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.DecodeImage;
import org.tensorflow.op.image.DecodeJpeg;
import org.tensorflow.op.image.DecodePng;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;

/**
 * Decodes images to {@code [height, width, 3] uint8}: JPEG (also progressive, grey and CMYK), PNG
 * (also 16 bit, with palette or alpha, which is dropped), GIF (the first frame), BMP, and bare
 * pixels. JPEGs are turned upright as their EXIF orientation says.
 *
 * <p>Safe for use by several threads at once; each decodes in its own thread.
 */
public final class ImageDecoder implements AutoCloseable {
  private static final byte[] JPEG = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
  private static final byte[] GIF = {'G', 'I', 'F', '8'};
  private static final byte[] BMP = {'B', 'M'};

  private enum Format {
    JPEG,
    PNG,
    GIF
  }

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TString> contents;
  private final Map<Format, Operand<TUint8>> decoders = new EnumMap<>(Format.class);

  public ImageDecoder() {
    Ops tf = Ops.create(graph);
    contents = tf.placeholder(TString.class);
    long channels = Pixels.CHANNELS;
    decoders.put(
        Format.JPEG,
        tf.image.decodeJpeg(
            contents, DecodeJpeg.channels(channels), DecodeJpeg.dctMethod("INTEGER_ACCURATE")));
    decoders.put(
        Format.PNG, tf.image.decodePng(contents, TUint8.class, DecodePng.channels(channels)));
    decoders.put(
        Format.GIF,
        tf.image.decodeImage(
            contents,
            TUint8.class,
            DecodeImage.channels(channels),
            DecodeImage.expandAnimations(false)));
    session = Sessions.openSmall(graph);
  }

  /** Decodes one image within the default limits. */
  public TUint8 decode(byte[] bytes, ImageEncoding encoding) throws UndecodableImageException {
    return decode(bytes, encoding, ImageLimits.DEFAULT);
  }

  /**
   * Decodes one image.
   *
   * @param limits that are checked before memory is taken for the pixels
   * @return {@code [height, width, 3] uint8}, to be closed by the caller
   * @throws UndecodableImageException where the bytes are empty, damaged, too large or no image
   */
  public TUint8 decode(byte[] bytes, ImageEncoding encoding, ImageLimits limits)
      throws UndecodableImageException {
    limits.checkBytes(bytes.length);
    limits.checkPixels(encoding.width(), encoding.height());
    return switch (encoding.kind()) {
      case ARCHIVE -> throw new UndecodableImageException("it is an archive");
      case FILE -> decodeFile(bytes, limits);
      case PLANAR_RGB -> interleaved(bytes, encoding, encoding.height() * encoding.width());
      case GREY -> interleaved(bytes, encoding, 0);
    };
  }

  private TUint8 decodeFile(byte[] bytes, ImageLimits limits) throws UndecodableImageException {
    if (bytes.length == 0) {
      throw new UndecodableImageException("the file is empty");
    }
    if (startsWith(bytes, JPEG)) {
      check(ImageHeader.ofJpeg(bytes), limits);
      return Orientation.upright(run(Format.JPEG, bytes), Orientation.of(bytes));
    }
    if (startsWith(bytes, PNG)) {
      check(ImageHeader.ofPng(bytes), limits);
      return run(Format.PNG, bytes);
    }
    if (startsWith(bytes, GIF)) {
      check(ImageHeader.ofGif(bytes), limits);
      return run(Format.GIF, bytes);
    }
    if (startsWith(bytes, BMP)) {
      ImageHeader header = ImageHeader.ofBmp(bytes);
      check(header, limits);
      if (header == null || !header.fitsBmp(bytes)) {
        throw new UndecodableImageException("damaged or cut off BMP");
      }
      return bitmap(bytes);
    }
    throw new UndecodableImageException("not a JPEG, PNG, GIF or BMP");
  }

  private static void check(@Nullable ImageHeader header, ImageLimits limits)
      throws UndecodableImageException {
    // Without a header, decoding says what is wrong.
    if (header != null) {
      limits.checkPixels(header.width(), header.height());
    }
  }

  private TUint8 run(Format format, byte[] bytes) throws UndecodableImageException {
    try (TString fed = TString.tensorOfBytes(NdArrays.scalarOfObject(bytes))) {
      // The result's only tensor becomes the caller's, so the result is not closed.
      Result result = session.runner().feed(contents, fed).fetch(decoders.get(format)).run();
      return (TUint8) result.get(0);
    } catch (TensorFlowException | IllegalArgumentException e) {
      // TensorFlow's "invalid argument" is one of Java's.
      throw new UndecodableImageException("damaged or cut off " + format, e);
    }
  }

  /** TensorFlow takes palettes for grey values, so BMP goes through the JDK. */
  private static TUint8 bitmap(byte[] bytes) throws UndecodableImageException {
    BufferedImage image;
    try {
      image = ImageIO.read(new ByteArrayInputStream(bytes));
    } catch (IOException | RuntimeException e) {
      throw new UndecodableImageException("damaged or cut off BMP", e);
    }
    if (image == null) {
      throw new UndecodableImageException("damaged or cut off BMP");
    }
    int height = image.getHeight();
    int width = image.getWidth();
    int[] colours = image.getRGB(0, 0, width, height, null, 0, width);
    byte[] pixels = new byte[colours.length * Pixels.CHANNELS];
    for (int i = 0; i < colours.length; i++) {
      pixels[i * Pixels.CHANNELS] = (byte) (colours[i] >> 16);
      pixels[i * Pixels.CHANNELS + 1] = (byte) (colours[i] >> 8);
      pixels[i * Pixels.CHANNELS + 2] = (byte) colours[i];
    }
    return Pixels.tensor(pixels, height, width);
  }

  /**
   * @param plane distance from the red value of a pixel to its green one, and from green to blue; 0
   *     where there is one value for all three
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

  private static boolean startsWith(byte[] bytes, byte[] magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (bytes[i] != magic[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
