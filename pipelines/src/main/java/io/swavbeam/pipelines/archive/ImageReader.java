package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.storage.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads single images by their references, keeping the files it read last open. Not safe for use by
 * several threads at once.
 */
public final class ImageReader implements AutoCloseable {
  private static final int OPEN_FILES = 16;

  private final LinkedHashMap<String, SeekableByteChannel> open =
      new LinkedHashMap<>(OPEN_FILES, 0.75f, true);
  private final ReadAhead ahead = new ReadAhead();
  private @Nullable String last;

  /**
   * Announces what will be read, in this order, so that images of a bucket are on their way before
   * they are asked for. What was announced before is forgotten.
   */
  public void expect(List<ImageRef> refs) {
    ahead.expect(refs);
  }

  /**
   * Reads an image.
   *
   * @param ref to one image, not to a stream
   * @return its bytes, unpacked
   * @throws IOException where the file cannot be read or is shorter than the reference says
   */
  public byte[] read(ImageRef ref) throws IOException {
    byte[] bytes = ahead.take(ref);
    if (bytes == null) {
      bytes = readNow(ref);
    }
    if (ref.packing() == Packing.STORED) {
      return bytes;
    }
    Inflater inflater = new Inflater(true);
    try (InflaterInputStream in =
        new InflaterInputStream(new ByteArrayInputStream(bytes), inflater)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ArchiveException("the zip entry is damaged", e);
    } finally {
      inflater.end();
    }
  }

  private byte[] readNow(ImageRef ref) throws IOException {
    // An archive is read from again, a file of one image is not.
    if (ref.offset() > 0) {
      return readRange(channel(ref.uri()), ref);
    }
    try (SeekableByteChannel channel = Storage.open(ref.uri())) {
      return readRange(channel, ref);
    }
  }

  static byte[] readRange(SeekableByteChannel channel, ImageRef ref) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(ref.length()));
    channel.position(ref.offset());
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // the channel may hand out less than asked for
    }
    if (buffer.hasRemaining()) {
      throw new ArchiveException(
          "the file ends %d bytes before the image does".formatted(buffer.remaining()));
    }
    return buffer.array();
  }

  private SeekableByteChannel channel(String uri) throws IOException {
    if (last != null && !last.equals(uri)) {
      Storage.disconnect(open.get(last));
    }
    last = uri;
    SeekableByteChannel channel = open.get(uri);
    if (channel == null) {
      channel = Storage.open(uri);
      open.put(uri, channel);
      if (open.size() > OPEN_FILES) {
        Map.Entry<String, SeekableByteChannel> oldest = open.entrySet().iterator().next();
        open.remove(oldest.getKey());
        oldest.getValue().close();
      }
    }
    return channel;
  }

  @Override
  public void close() throws IOException {
    ahead.close();
    for (SeekableByteChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }
}
