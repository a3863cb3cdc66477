package io.swavbeam.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** Reading of bytes at a position of a file. */
final class ChannelBytes {
  private ChannelBytes() {}

  /**
   * Reads a number of bytes, or fewer at the end of the file.
   *
   * @return the bytes in little-endian order, positioned at the first one
   */
  static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
      // a channel may return fewer bytes than requested
    }
    return bytes.flip();
  }

  /** Reads bytes as text, one character per byte. */
  static String text(FileChannel channel, long position, int length) throws IOException {
    return StandardCharsets.ISO_8859_1.decode(read(channel, position, length)).toString();
  }
}
