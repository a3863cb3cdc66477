package io.swavbeam.pipelines.archive.format;

import io.swavbeam.pipelines.storage.ReadOnlyChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A part of a file as a channel. Closing it does not close the file. */
public final class SlicedChannel extends ReadOnlyChannel {
  private final SeekableByteChannel file;
  private final long offset;
  private final long length;

  public SlicedChannel(SeekableByteChannel file, long offset, long length) {
    this.file = file;
    this.offset = offset;
    this.length = length;
  }

  /** Returns a channel over all bytes of a file. Closing it does not close the file. */
  public static SlicedChannel of(SeekableByteChannel file) throws IOException {
    return new SlicedChannel(file, 0, file.size());
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (position >= length) {
      return -1;
    }
    int limit = target.limit();
    target.limit((int) Math.min(limit, target.position() + length - position));
    try {
      file.position(offset + position);
      int count = file.read(target);
      position += Math.max(0, count);
      return count;
    } finally {
      target.limit(limit);
    }
  }

  @Override
  public long size() {
    return length;
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  @Override
  public void close() {}
}
