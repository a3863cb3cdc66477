package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy of an archive inside a stream, for formats that need seekable bytes. A small archive is
 * copied into memory. A larger one is copied into a temporary file. Where the system allows it,
 * that file is unlinked while it is open, so a killed process leaves nothing behind.
 */
final class Spool implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  /**
   * The largest number of bytes in memory. All threads together use at most an eighth of the heap.
   */
  private static final int MAX_IN_MEMORY =
      (int)
          Math.min(
              64L << 20,
              Runtime.getRuntime().maxMemory() / (8L * Runtime.getRuntime().availableProcessors()));

  /**
   * The largest number of bytes in a file: more than real inner archives have, and less than a
   * decompression bomb.
   */
  private static final long MAX_IN_FILE = Long.getLong("swavbeam.largestInnerArchive", 16L << 30);

  private final SeekableByteChannel channel;

  private Spool(SeekableByteChannel channel) {
    this.channel = channel;
  }

  /**
   * Copies an archive.
   *
   * @throws ArchiveException if it is larger than the limit
   * @throws StoreUnavailableException if the disk is too full
   */
  static Spool of(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MAX_IN_MEMORY);
    int next = bytes.length < MAX_IN_MEMORY ? -1 : in.read();
    return new Spool(
        next < 0 ? new SeekableInMemoryByteChannel(bytes) : inFile(bytes, next, in, name));
  }

  private static SeekableByteChannel inFile(byte[] first, int next, InputStream in, String name)
      throws IOException {
    FileChannel file = create(name);
    boolean complete = false;
    try {
      write(file, first, first.length);
      byte[] buffer = new byte[1 << 16];
      buffer[0] = (byte) next;
      for (int count = 1; count >= 0; count = in.read(buffer)) {
        write(file, buffer, count);
        if (file.position() > MAX_IN_FILE) {
          throw new ArchiveException(
              "it has more than %,d bytes in a compressed archive: unpack that one"
                  .formatted(MAX_IN_FILE));
        }
      }
      complete = true;
      return file;
    } finally {
      if (!complete) {
        file.close();
      }
    }
  }

  private static FileChannel create(String name) {
    try {
      Path path = Files.createTempFile("swav-", ".archive");
      LOG.info("copying {} to {} until it is read: it is in a compressed archive", name, path);
      return FileChannel.open(
          path,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw noRoom(e);
    }
  }

  private static void write(FileChannel file, byte[] bytes, int count) {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
      while (buffer.hasRemaining()) {
        file.write(buffer);
      }
    } catch (IOException e) {
      throw noRoom(e);
    }
  }

  private static StoreUnavailableException noRoom(IOException e) {
    String folder = System.getProperty("java.io.tmpdir");
    return new StoreUnavailableException(
        folder, new IOException("%s: %s".formatted(folder, e.getMessage()), e));
  }

  SeekableByteChannel channel() {
    return channel;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
