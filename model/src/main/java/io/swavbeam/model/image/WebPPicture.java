package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TUint8;

/**
 * A WebP picture, decoded by Google's libwebp, which is part of Leptonica: lossy and lossless, with
 * and without alpha. Its pixels equal Pillow's, which uses the same library. Of an animation, the
 * first frame is read on its canvas.
 *
 * <p>This class parses the chunks of the file (<a
 * href="https://developers.google.com/speed/webp/docs/riff_container">container format</a>) for
 * three purposes: the size before memory is allocated, EXIF and XMP, and the first frame of an
 * animation.
 */
final class WebPPicture {
  private static final int FILE_HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int MIN_EXTENDED_LENGTH = 10;
  private static final int MIN_LOSSY_LENGTH = 10;
  private static final int MIN_LOSSLESS_LENGTH = 5;
  private static final int FRAME_HEADER = 16;
  private static final byte HAS_ALPHA = 0x10;
  private static final int SIDE = 0x3FFF;
  private static final int SIDE_BITS = 14;
  private static final int CHANNELS_WITH_ALPHA = 4;
  private static final int OPAQUE = 0xFF000000;

  static {
    // Otherwise its messages go to the terminal, without the name of the picture.
    leptonica.setMsgSeverity(leptonica.L_SEVERITY_NONE);
  }

  private static final String EXTENDED = "VP8X";
  private static final String LOSSY = "VP8 ";
  private static final String LOSSLESS = "VP8L";

  /** The chunks that include the size of the picture. */
  private static final Set<String> SIZED = Set.of(EXTENDED, LOSSY, LOSSLESS);

  /** A part of the file: the range of its contents, without its header. */
  private record Chunk(String type, int start, int length) {
    int end() {
      return start + length;
    }
  }

  private final byte[] bytes;
  private final ByteBuffer numbers;

  private WebPPicture(byte[] bytes) {
    this.bytes = bytes;
    numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Returns the size of a picture or of the canvas of an animation; null if the first bytes are
   * damaged.
   */
  static @Nullable ImageHeader header(byte[] webp) {
    // The library takes the size from the first chunk and ignores later ones.
    return webp.length >= FILE_HEADER + CHUNK_HEADER && SIZED.contains(type(webp, FILE_HEADER))
        ? new WebPPicture(webp).header(FILE_HEADER, webp.length)
        : null;
  }

  /** Returns the orientation from EXIF or XMP; upright if there is none that can be read. */
  static int orientation(byte[] webp) {
    WebPPicture picture = new WebPPicture(webp);
    Chunk exif = picture.find("EXIF", FILE_HEADER, webp.length);
    OptionalInt orientation =
        exif == null
            ? OptionalInt.empty()
            : Orientation.ofExif(Arrays.copyOfRange(webp, exif.start(), exif.end()));
    Chunk xmp = picture.find("XMP ", FILE_HEADER, webp.length);
    if (orientation.isEmpty() && xmp != null) {
      orientation = Orientation.ofXmp(Arrays.copyOfRange(webp, xmp.start(), xmp.end()));
    }
    return orientation.orElse(Orientation.UPRIGHT);
  }

  /**
   * Decodes a picture.
   *
   * @param header the size that {@link #header} returned
   * @return {@code [height, width, 3] uint8}, upright
   * @throws UndecodableImageException if it is damaged, or its first frame is too large
   */
  static TUint8 decode(byte[] webp, ImageHeader header, Alpha alpha, ImageLimits limits)
      throws UndecodableImageException {
    return Orientation.upright(
        new WebPPicture(webp).decode(header, alpha, limits), orientation(webp));
  }

  private TUint8 decode(ImageHeader canvas, Alpha alpha, ImageLimits limits)
      throws UndecodableImageException {
    int width = (int) canvas.width();
    int height = (int) canvas.height();
    byte[] pixels = new byte[Math.multiplyExact(width * height, Pixels.CHANNELS)];
    Chunk frame = find("ANMF", FILE_HEADER, bytes.length);
    if (frame == null) {
      write(bytes, 0, 0, width, height, alpha, pixels);
      return Pixels.tensor(pixels, height, width);
    }
    if (frame.length() <= FRAME_HEADER) {
      throw damaged();
    }
    // The canvas is transparent outside the frame.
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      Pixels.write(row, alpha, pixels, y * width * Pixels.CHANNELS);
    }
    ImageHeader size = header(frame.start() + FRAME_HEADER, frame.end());
    int left = 2 * number(frame.start(), 3);
    int top = 2 * number(frame.start() + 3, 3);
    if (size == null || left + size.width() > width || top + size.height() > height) {
      throw damaged();
    }
    limits.checkPixels(size.width(), size.height());
    write(still(frame, size), left, top, width, height, alpha, pixels);
    return Pixels.tensor(pixels, height, width);
  }

  /** Decodes a picture of one frame onto a canvas. */
  private static void write(
      byte[] still, int left, int top, int width, int height, Alpha alpha, byte[] canvas)
      throws UndecodableImageException {
    PIX picture = leptonica.pixReadMemWebP(still, still.length);
    if (picture == null || picture.isNull()) {
      throw damaged();
    }
    try {
      int frameWidth = picture.w();
      int frameHeight = picture.h();
      if (left + frameWidth > width || top + frameHeight > height) {
        throw damaged();
      }
      boolean transparent = leptonica.pixGetSpp(picture) == CHANNELS_WITH_ALPHA;
      int stride = picture.wpl();
      IntBuffer words =
          leptonica.pixGetData(picture).capacity((long) stride * frameHeight).asBuffer();
      int[] row = new int[frameWidth];
      for (int y = 0; y < frameHeight; y++) {
        words.get(y * stride, row);
        for (int x = 0; x < frameWidth; x++) {
          // Converts RGBA to Java's ARGB.
          row[x] = row[x] >>> 8 | (transparent ? row[x] << 24 : OPAQUE);
        }
        Pixels.write(row, alpha, canvas, ((top + y) * width + left) * Pixels.CHANNELS);
      }
    } finally {
      leptonica.pixDestroy(picture);
    }
  }

  /** Returns a frame as a file of its own. */
  private byte[] still(Chunk frame, ImageHeader size) {
    int start = frame.start() + FRAME_HEADER;
    int extended = CHUNK_HEADER + MIN_EXTENDED_LENGTH;
    ByteBuffer file =
        ByteBuffer.allocate(FILE_HEADER + extended + frame.end() - start)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put(ascii("RIFF")).putInt(file.capacity() - CHUNK_HEADER).put(ascii("WEBP"));
    file.put(ascii(EXTENDED)).putInt(MIN_EXTENDED_LENGTH);
    file.putInt(find("ALPH", start, frame.end()) == null ? 0 : HAS_ALPHA);
    for (long side : new long[] {size.width() - 1, size.height() - 1}) {
      file.putShort((short) side).put((byte) (side >> Short.SIZE));
    }
    file.put(bytes, start, frame.end() - start);
    return file.array();
  }

  private @Nullable ImageHeader header(int from, int end) {
    Chunk first = find(SIZED, from, end);
    if (first == null) {
      return null;
    }
    int start = first.start();
    return switch (first.type()) {
      case EXTENDED ->
          first.length() < MIN_EXTENDED_LENGTH
              ? null
              : new ImageHeader(number(start + 4, 3) + 1L, number(start + 7, 3) + 1L);
      case LOSSY ->
          first.length() < MIN_LOSSY_LENGTH
              ? null
              : new ImageHeader(number(start + 6, 2) & SIDE, number(start + 8, 2) & SIDE);
      default ->
          first.length() < MIN_LOSSLESS_LENGTH ? null : ofLossless(numbers.getInt(start + 1));
    };
  }

  private static ImageHeader ofLossless(int sides) {
    return new ImageHeader((sides & SIDE) + 1L, (sides >> SIDE_BITS & SIDE) + 1L);
  }

  private @Nullable Chunk find(String type, int from, int end) {
    return find(Set.of(type), from, end);
  }

  /** Returns the first chunk of some types, or null. A chunk that is cut off ends with the file. */
  private @Nullable Chunk find(Set<String> types, int from, int end) {
    for (long at = from; at + CHUNK_HEADER <= end; ) {
      long length = Integer.toUnsignedLong(numbers.getInt((int) at + Integer.BYTES));
      int start = (int) at + CHUNK_HEADER;
      String type = type(bytes, (int) at);
      if (types.contains(type)) {
        return new Chunk(type, start, (int) Math.min(length, end - start));
      }
      at = start + length + length % 2;
    }
    return null;
  }

  private static String type(byte[] bytes, int at) {
    return new String(bytes, at, Integer.BYTES, StandardCharsets.ISO_8859_1);
  }

  private int number(int at, int count) {
    int number = 0;
    for (int i = count - 1; i >= 0; i--) {
      number = number << Byte.SIZE | ImageHeader.unsigned(bytes, at + i);
    }
    return number;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static UndecodableImageException damaged() {
    return new UndecodableImageException("damaged or cut off WebP");
  }
}
