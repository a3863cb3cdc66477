package io.swavbeam.model.image;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The size of a picture from its first bytes. It is checked before memory is allocated.
 *
 * @param width the width in pixels
 * @param height the height in pixels
 */
record ImageHeader(long width, long height) {
  private static final int MIN_PNG_LENGTH = 33;
  private static final int MIN_GIF_LENGTH = 10;
  private static final int MIN_BMP_LENGTH = 26;
  private static final int OLD_BMP_HEADER = 12;

  /** Returns the size of a PNG, or null if it is too short. */
  static @Nullable ImageHeader ofPng(byte[] bytes) {
    return bytes.length < MIN_PNG_LENGTH
        ? null
        : new ImageHeader(bigEndian(bytes, 16, 4), bigEndian(bytes, 20, 4));
  }

  /** Returns the size of a GIF, or null if it is too short. */
  static @Nullable ImageHeader ofGif(byte[] bytes) {
    return bytes.length < MIN_GIF_LENGTH
        ? null
        : new ImageHeader(littleEndian(bytes, 6, 2), littleEndian(bytes, 8, 2));
  }

  /** Returns the size of a BMP, or null if it is too short. */
  static @Nullable ImageHeader ofBmp(byte[] bytes) {
    if (bytes.length < MIN_BMP_LENGTH) {
      return null;
    }
    if (littleEndian(bytes, 14, 4) == OLD_BMP_HEADER) {
      return new ImageHeader(littleEndian(bytes, 18, 2), littleEndian(bytes, 20, 2));
    }
    // A negative height means that rows are stored from top to bottom.
    return new ImageHeader(
        Math.abs((long) (int) littleEndian(bytes, 18, 4)),
        Math.abs((long) (int) littleEndian(bytes, 22, 4)));
  }

  /**
   * Returns whether an uncompressed BMP has as many bytes as its rows need. A compressed BMP may
   * have fewer.
   */
  boolean fitsBmp(byte[] bytes) {
    if (littleEndian(bytes, 14, 4) == OLD_BMP_HEADER || bytes.length < 34) {
      return true;
    }
    long compression = littleEndian(bytes, 30, 4);
    boolean runs = compression == 1 || compression == 2;
    long bits = littleEndian(bytes, 28, 2);
    return runs || (width * bits + 31) / 32 * 4 * height <= bytes.length;
  }

  static int unsigned(byte[] bytes, int at) {
    return Byte.toUnsignedInt(bytes[at]);
  }

  static long bigEndian(byte[] bytes, int at, int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 8 | unsigned(bytes, at + i);
    }
    return value;
  }

  static long littleEndian(byte[] bytes, int at, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | unsigned(bytes, at + i);
    }
    return value;
  }
}
