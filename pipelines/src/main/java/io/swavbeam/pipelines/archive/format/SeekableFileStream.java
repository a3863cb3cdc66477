package io.swavbeam.pipelines.archive.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A buffered stream over a seekable file that skips by seeking. Others may move the file's position
 * between two calls.
 */
final class SeekableFileStream extends FilledStream {
  private static final int BUFFER = 64 * 1024;

  private final SeekableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  // Of the first byte behind the buffer.
  private long next;

  SeekableFileStream(SeekableByteChannel channel) {
    this.channel = channel;
  }

  /** Never skips behind the end, so that a file that is cut off is noticed. */
  @Override
  public long skip(long count) throws IOException {
    if (count <= 0) {
      return 0;
    }
    if (count <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) count);
      return count;
    }
    long here = next - buffer.remaining();
    next = count > channel.size() - here ? Math.max(here, channel.size()) : here + count;
    buffer.limit(0);
    return next - here;
  }

  @Override
  @Nullable ByteBuffer filled() throws IOException {
    if (buffer.hasRemaining()) {
      return buffer;
    }
    buffer.clear();
    channel.position(next);
    int read = channel.read(buffer);
    buffer.flip();
    next += Math.max(0, read);
    return read > 0 ? buffer : null;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
