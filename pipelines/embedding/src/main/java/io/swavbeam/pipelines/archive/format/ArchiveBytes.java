package io.swavbeam.pipelines.archive.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The bytes of an archive: a stream from its beginning, or a channel that holds nothing else. */
public final class ArchiveBytes {
  private final @Nullable SeekableByteChannel channel;
  private final @Nullable InputStream stream;

  private ArchiveBytes(@Nullable SeekableByteChannel channel, @Nullable InputStream stream) {
    this.channel = channel;
    this.stream = stream;
  }

  /** Bytes that can be read in any order. */
  public static ArchiveBytes of(SeekableByteChannel channel) {
    return new ArchiveBytes(channel, null);
  }

  /** Bytes that can be read once. */
  public static ArchiveBytes of(InputStream stream) {
    return new ArchiveBytes(null, stream);
  }

  /**
   * The channel.
   *
   * @throws IllegalStateException if they can be read only once
   */
  public SeekableByteChannel channel() {
    if (channel == null) {
      throw new IllegalStateException("a format that seeks was opened on a stream");
    }
    return channel;
  }

  /** The bytes from the beginning; skipping is cheap if they are seekable. */
  public InputStream stream() throws IOException {
    return channel == null
        ? stream
        : Channels.newInputStream(new BufferedChannel(SlicedChannel.of(channel)));
  }
}
