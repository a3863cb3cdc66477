package io.swavbeam.pipelines.records;

import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Random access to the bytes of a file. */
sealed interface RecordBytes extends Closeable {
  long length();

  /**
   * Fills an array.
   *
   * @throws EOFException if the file is too short
   */
  void read(long position, byte[] into) throws IOException;

  /**
   * A memory-mapped file, in parts of at most 2 GiB. It is unmapped by the garbage collector,
   * because Java 17 has no safe way to unmap it earlier.
   */
  final class Mapped implements RecordBytes {
    private static final int PART_BITS = 30;
    private static final long PART = 1L << PART_BITS;

    private final MappedByteBuffer[] parts;
    private final long length;

    Mapped(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        length = channel.size();
        parts = new MappedByteBuffer[Math.toIntExact((length + PART - 1) >> PART_BITS)];
        for (int i = 0; i < parts.length; i++) {
          long start = (long) i << PART_BITS;
          parts[i] =
              channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(PART, length - start));
        }
      }
    }

    @Override
    public long length() {
      return length;
    }

    @Override
    public void read(long position, byte[] into) throws EOFException {
      if (position < 0 || position + into.length > length) {
        throw new EOFException("the file ends at %d".formatted(length));
      }
      for (int done = 0; done < into.length; ) {
        MappedByteBuffer part = parts[(int) ((position + done) >> PART_BITS)];
        int offset = (int) ((position + done) & (PART - 1));
        int count = Math.min(into.length - done, part.capacity() - offset);
        part.get(offset, into, done, count);
        done += count;
      }
    }

    @Override
    public void close() {}
  }

  /** A file that is read in blocks, with a few blocks in a cache. */
  final class Ranges implements RecordBytes {
    private static final int BLOCK = 1 << 18;

    // Records, their offsets, and records that they refer to are in different blocks.
    private static final int KEPT_BLOCKS = 8;

    private final SeekableByteChannel channel;
    private final long length;
    private final Map<Long, byte[]> blocks =
        new LinkedHashMap<>(KEPT_BLOCKS, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
            return size() > KEPT_BLOCKS;
          }
        };

    Ranges(Location file) throws IOException {
      channel = Stores.open(file);
      length = channel.size();
    }

    @Override
    public long length() {
      return length;
    }

    @Override
    public synchronized void read(long position, byte[] into) throws IOException {
      if (position < 0 || position + into.length > length) {
        throw new EOFException("the file ends at %d".formatted(length));
      }
      for (int done = 0; done < into.length; ) {
        long number = (position + done) / BLOCK;
        byte[] block = blocks.get(number);
        if (block == null) {
          block = fetch(number);
          blocks.put(number, block);
        }
        int offset = (int) ((position + done) % BLOCK);
        int count = Math.min(into.length - done, block.length - offset);
        System.arraycopy(block, offset, into, done, count);
        done += count;
      }
    }

    private byte[] fetch(long number) throws IOException {
      ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, length - number * BLOCK));
      channel.position(number * BLOCK);
      if (!Stores.readFully(channel, block)) {
        throw new EOFException("the file has become shorter");
      }
      return block.array();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
