package io.swavbeam.pipelines.storage;

import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import org.apache.beam.sdk.annotations.Internal;

/** A read-only channel that seeks only when bytes are read. */
@Internal
public abstract class ReadOnlyChannel implements SeekableByteChannel {
  /** The position of the next byte to read. */
  protected long position;

  @Override
  public final long position() {
    return position;
  }

  /** Sets the position. Has no cost until bytes are read. */
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
