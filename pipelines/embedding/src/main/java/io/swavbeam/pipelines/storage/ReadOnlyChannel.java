package io.swavbeam.pipelines.storage;

import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import org.apache.beam.sdk.annotations.Internal;

/** A channel that reads at a place which is only remembered until somebody reads there. */
@Internal
public abstract class ReadOnlyChannel implements SeekableByteChannel {
  /** Where the next byte is read. */
  protected long position;

  @Override
  public final long position() {
    return position;
  }

  /** Only remembers the place: whoever does not read there pays nothing. */
  @Override
  public final SeekableByteChannel position(long newPosition) {
    position = newPosition;
    return this;
  }

  @Override
  public final int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public final SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }
}
