package io.swavbeam.pipelines.archive.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A stream over a buffer that is filled again and again. */
abstract class FilledStream extends InputStream {
  /** The buffer with at least one byte in it, or null at the end. */
  abstract @Nullable ByteBuffer filled() throws IOException;

  @Override
  public final int read() throws IOException {
    ByteBuffer buffer = filled();
    return buffer == null ? -1 : Byte.toUnsignedInt(buffer.get());
  }

  @Override
  public final int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    ByteBuffer buffer = filled();
    if (buffer == null) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
  }
}
