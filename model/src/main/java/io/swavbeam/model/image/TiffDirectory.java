package io.swavbeam.model.image;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The directory of the first picture of a TIFF, which can be changed in the file. Changes make the
 * reader read the picture as Pillow does, or make it readable at all.
 */
final class TiffDirectory {
  private static final int HEADER = 16;
  private static final short BIG = 43;
  private static final int ENTRY = 12;
  private static final int BIG_ENTRY = 20;

  private static final int COMPRESSION = 259;
  private static final int STRIP_OFFSETS = 273;
  private static final int STRIP_LENGTHS = 279;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_LENGTHS = 325;
  private static final int PROFILE = 34675;
  private static final short UNKNOWN = (short) 0xFFFF;

  private static final short SHORT = 3;
  private static final short LONG = 4;
  private static final int DEFLATE = 8;
  private static final int ZSTANDARD = 50000;
  private static final int MAX_PARTS = 1 << 20;

  private final byte[] file;
  private final ByteBuffer in;
  private final boolean big;
  private final long start;
  private final long count;

  private TiffDirectory(byte[] file, ByteBuffer in, boolean big, long start, long count) {
    this.file = file;
    this.in = in;
    this.big = big;
    this.start = start;
    this.count = count;
  }

  private static @Nullable TiffDirectory of(byte[] tiff) {
    if (tiff.length < HEADER) {
      return null;
    }
    ByteBuffer in =
        ByteBuffer.wrap(tiff)
            .order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    boolean big = in.getShort(2) == BIG;
    long directory = big ? in.getLong(8) : Integer.toUnsignedLong(in.getInt(4));
    int length = big ? Long.BYTES : Short.BYTES;
    if (directory < 0 || directory > tiff.length - length) {
      return null;
    }
    long count =
        big ? in.getLong((int) directory) : Short.toUnsignedLong(in.getShort((int) directory));
    return new TiffDirectory(tiff, in, big, directory + length, count);
  }

  /**
   * Returns a file that the reader reads as Pillow does. Removes the colour profile, which the
   * reader would apply to JPEG in a TIFF. Replaces Zstandard, which the reader does not support, by
   * Deflate.
   *
   * @param mostBytes the largest valid number of bytes of the pixels
   * @return the file itself if no change is needed
   */
  static byte[] readable(byte[] tiff, long mostBytes) throws IOException {
    TiffDirectory directory = of(tiff);
    if (directory == null) {
      return tiff;
    }
    byte[] changed = tiff;
    int profile = directory.entry(PROFILE);
    if (profile >= 0) {
      changed = tiff.clone();
      directory.buffer(changed).putShort(profile, UNKNOWN);
    }
    int compression = directory.entry(COMPRESSION);
    return compression >= 0 && directory.numbers(compression)[0] == ZSTANDARD
        ? directory.deflated(changed, compression, mostBytes)
        : changed;
  }

  private ByteBuffer buffer(byte[] other) {
    return ByteBuffer.wrap(other).order(in.order());
  }

  /** Returns the offset of the entry of a tag, or -1. */
  private int entry(int tag) {
    int length = big ? BIG_ENTRY : ENTRY;
    long at = start;
    for (long i = 0; i < count && at <= file.length - length; i++, at += length) {
      if (Short.toUnsignedInt(in.getShort((int) at)) == tag) {
        return (int) at;
      }
    }
    return -1;
  }

  /** Returns the numbers of an entry. The file must not be a BigTIFF. */
  private long[] numbers(int entry) throws IOException {
    int size = in.getShort(entry + 2) == SHORT ? Short.BYTES : Integer.BYTES;
    long numbers = big ? in.getLong(entry + 4) : Integer.toUnsignedLong(in.getInt(entry + 4));
    if (numbers < 1 || numbers > MAX_PARTS) {
      throw new IOException("a tag of %d numbers".formatted(numbers));
    }
    int value = entry + (big ? 12 : 8);
    boolean inside = numbers * size <= (long) (big ? Long.BYTES : Integer.BYTES);
    long at =
        inside ? (long) value : big ? in.getLong(value) : Integer.toUnsignedLong(in.getInt(value));
    if (at < 0 || at + numbers * size > file.length) {
      throw new IOException("a tag beyond the end");
    }
    long[] found = new long[(int) numbers];
    for (int i = 0; i < found.length; i++) {
      int place = (int) (at + (long) i * size);
      found[i] =
          size == Short.BYTES
              ? Short.toUnsignedLong(in.getShort(place))
              : Integer.toUnsignedLong(in.getInt(place));
    }
    return found;
  }

  /** Returns the file with its strips or tiles appended again, compressed with Deflate. */
  private byte[] deflated(byte[] tiff, int compression, long mostBytes) throws IOException {
    boolean tiled = entry(TILE_OFFSETS) >= 0;
    int offsets = entry(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
    int lengths = entry(tiled ? TILE_LENGTHS : STRIP_LENGTHS);
    if (big) {
      throw new IOException("Zstandard in a BigTIFF is not supported");
    }
    if (offsets < 0 || lengths < 0) {
      throw new IOException("no strips or tiles");
    }
    long[] from = numbers(offsets);
    long[] length = numbers(lengths);
    if (from.length != length.length) {
      throw new IOException("%d strips with %d lengths".formatted(from.length, length.length));
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(tiff);
    long left = mostBytes;
    Deflater fast = new Deflater(Deflater.BEST_SPEED);
    try {
      for (int i = 0; i < from.length; i++) {
        if (from[i] + length[i] > file.length) {
          throw new IOException("a strip beyond the end");
        }
        int begin = whole.size();
        left -= deflate((int) from[i], (int) length[i], left, fast, whole);
        from[i] = begin;
        length[i] = (long) whole.size() - begin;
      }
    } finally {
      fast.end();
    }
    int tables = whole.size();
    ByteBuffer table = ByteBuffer.allocate(2 * Integer.BYTES * from.length).order(in.order());
    for (long[] numbers : new long[][] {from, length}) {
      for (long number : numbers) {
        table.putInt((int) number);
      }
    }
    whole.write(table.array());
    byte[] result = whole.toByteArray();
    ByteBuffer out = buffer(result);
    out.putShort(compression + 2, SHORT).putInt(compression + 4, 1);
    out.putShort(compression + 8, (short) DEFLATE);
    int tableBytes = Integer.BYTES * from.length;
    set(out, offsets, from, tables);
    set(out, lengths, length, tables + tableBytes);
    return result;
  }

  private static void set(ByteBuffer out, int entry, long[] numbers, int table) {
    out.putShort(entry + 2, LONG).putInt(entry + 4, numbers.length);
    out.putInt(entry + 8, numbers.length == 1 ? (int) numbers[0] : table);
  }

  /** Recompresses a strip and returns its new number of bytes. */
  private long deflate(
      int start, int length, long most, Deflater deflater, ByteArrayOutputStream out)
      throws IOException {
    deflater.reset();
    try (ZstdInputStream unpacked =
        new ZstdInputStream(new ByteArrayInputStream(file, start, length))) {
      byte[] pixels = unpacked.readNBytes((int) Math.min(Integer.MAX_VALUE - 8, most + 1));
      if (pixels.length > most) {
        throw new IOException("more pixels than it says");
      }
      DeflaterOutputStream packed = new DeflaterOutputStream(out, deflater);
      packed.write(pixels);
      packed.finish();
      return pixels.length;
    }
  }
}
