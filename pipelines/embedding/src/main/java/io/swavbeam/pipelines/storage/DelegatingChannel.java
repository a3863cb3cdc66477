package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import org.apache.beam.sdk.annotations.Internal;

/** A read-only channel that reads from another channel. Closing it closes the other channel. */
@Internal
public abstract class DelegatingChannel extends ReadOnlyChannel {
  protected final SeekableByteChannel channel;

  protected DelegatingChannel(SeekableByteChannel channel) {
    this.channel = channel;
  }

  @Override
  public final long size() throws IOException {
    return channel.size();
  }

  @Override
  public final boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public final void close() throws IOException {
    channel.close();
  }
}
