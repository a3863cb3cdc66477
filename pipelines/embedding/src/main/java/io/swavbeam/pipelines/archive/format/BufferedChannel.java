package io.swavbeam.pipelines.archive.format;

import io.swavbeam.pipelines.storage.DelegatingChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A channel that reads ahead, because formats read millions of headers of a few bytes. */
final class BufferedChannel extends DelegatingChannel {
  private static final int AHEAD = 1 << 16;

  private final ByteBuffer buffer = ByteBuffer.allocate(AHEAD).limit(0);
  // The position of the first byte in the buffer.
  private long start;

  BufferedChannel(SeekableByteChannel channel) throws IOException {
    super(channel);
    position = channel.position();
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    boolean isRead = position >= start && position < start + buffer.limit();
    if (!isRead && !fill()) {
      return -1;
    }
    ByteBuffer there = buffer.duplicate().position((int) (position - start));
    int count = Math.min(there.remaining(), target.remaining());
    target.put(there.limit(there.position() + count));
    position += count;
    return count;
  }

  private boolean fill() throws IOException {
    buffer.clear();
    start = position;
    channel.position(position);
    int read = channel.read(buffer);
    buffer.flip();
    return read > 0;
  }
}
