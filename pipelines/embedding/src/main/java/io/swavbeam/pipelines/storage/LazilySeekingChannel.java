package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.function.Function;

/**
 * A file of an object store. Seeking needs a new request, so short distances forward are read
 * instead.
 */
final class LazilySeekingChannel extends DelegatingChannel {
  /** The number of bytes that can be read in about the time of a request. */
  private static final int FURTHER = 1 << 20;

  private final Function<Exception, IOException> explained;
  private boolean connected;

  /**
   * @param explained converts an error of the store to one line
   */
  LazilySeekingChannel(SeekableByteChannel channel, Function<Exception, IOException> explained) {
    super(channel);
    this.explained = explained;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (position >= size()) {
      return -1;
    }
    int before = target.position();
    try {
      return readHere(target);
    } catch (IOException | RuntimeException first) {
      // A store closes connections that are idle. Tries again with a new connection.
      try {
        target.position(before);
        disconnect();
        return readHere(target);
      } catch (IOException | RuntimeException e) {
        throw explained.apply(e);
      }
    }
  }

  /** Ends the request. Seeking does this. */
  void disconnect() throws IOException {
    channel.position(channel.position() > 0 ? 0 : size() - 1);
    connected = false;
  }

  private int readHere(ByteBuffer target) throws IOException {
    moveTo(position);
    connected = true;
    int read = channel.read(target);
    position = channel.position();
    return read;
  }

  private void moveTo(long place) throws IOException {
    long gap = place - channel.position();
    if (!connected || gap < 0 || gap > FURTHER) {
      channel.position(place);
      return;
    }
    ByteBuffer skipped = ByteBuffer.allocate((int) gap);
    if (!Stores.readFully(channel, skipped)) {
      throw new IOException("the answer ends too early");
    }
  }
}
