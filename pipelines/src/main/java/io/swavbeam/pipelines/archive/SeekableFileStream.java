package io.swavbeam.pipelines.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/**
 * A buffered stream over a seekable file that skips by seeking. Others may move the file's position
 * between two calls.
 */
final class SeekableFileStream extends InputStream {
  private static final int BUFFER = 64 * 1024;

  private final SeekableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  // Of the first byte behind the buffer.
  private long next;

  SeekableFileStream(SeekableByteChannel channel) {
    this.channel = channel;
  }

  @Override
  public int read() throws IOException {
    return fill() ? Byte.toUnsignedInt(buffer.get()) : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
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

  private boolean fill() throws IOException {
    if (buffer.hasRemaining()) {
      return true;
    }
    buffer.clear();
    channel.position(next);
    int read = channel.read(buffer);
    buffer.flip();
    next += Math.max(0, read);
    return read > 0;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
