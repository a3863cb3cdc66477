package io.swavbeam.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** Bytes at a place of a file. */
final class ChannelBytes {
  private ChannelBytes() {}

  /**
   * Reads so many, or as many as the file has from there.
   *
   * @return little-endian, to be read from its beginning
   */
  static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
      // the channel may hand out less than asked for
    }
    return bytes.flip();
  }

  /** The same as text, a character a byte. */
  static String text(FileChannel channel, long position, int length) throws IOException {
    return StandardCharsets.ISO_8859_1.decode(read(channel, position, length)).toString();
  }
}
