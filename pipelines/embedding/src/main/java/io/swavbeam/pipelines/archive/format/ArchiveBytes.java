package io.swavbeam.pipelines.archive.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The bytes of an archive: a stream, or a seekable channel that contains only the archive. */
public final class ArchiveBytes {
  private final @Nullable SeekableByteChannel channel;
  private final @Nullable InputStream stream;

  private ArchiveBytes(@Nullable SeekableByteChannel channel, @Nullable InputStream stream) {
    this.channel = channel;
    this.stream = stream;
  }

  /** Creates bytes that can be read in any order. */
  public static ArchiveBytes of(SeekableByteChannel channel) {
    return new ArchiveBytes(channel, null);
  }

  /** Creates bytes that can be read once. */
  public static ArchiveBytes of(InputStream stream) {
    return new ArchiveBytes(null, stream);
  }

  /**
   * Returns the channel.
   *
   * @throws IllegalStateException if the bytes can be read only once
   */
  public SeekableByteChannel channel() {
    if (channel == null) {
      throw new IllegalStateException("a format that seeks was opened on a stream");
    }
    return channel;
  }

  /** Returns a stream from the beginning. Skipping is fast if the bytes are seekable. */
  public InputStream stream() throws IOException {
    return channel == null
        ? stream
        : Channels.newInputStream(new BufferedChannel(SlicedChannel.of(channel)));
  }
}
