package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.format.ArchiveFormat;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A fingerprint of the bytes of a file, to detect changes under the same name.
 *
 * <p>Of a file of up to {@value #SMALL} bytes, all bytes are digested. Of a larger file, the first
 * and the last block of {@value #BLOCK} bytes are digested, and {@value #BETWEEN} blocks between
 * them. These are in equal parts of the file, at offsets that depend only on its length. The
 * checksums in the directory of a zip are included, so every change of a zip is detected. A change
 * of another large file is not detected if it keeps the length and lies between the blocks.
 *
 * @param length the number of bytes; for a tar without the zeros at its end
 * @param digest the digest of the blocks and checksums, 16 hexadecimal digits
 * @param head the digest of the first block, 8 hexadecimal digits; an archive that has grown keeps
 *     it
 */
record Fingerprint(long length, String digest, String head) {
  private static final int BLOCK = 1 << 12;
  private static final int BETWEEN = 64;
  private static final int SMALL = (BETWEEN + 2) * BLOCK;

  /**
   * A file of a store up to this length is read with one request, which is not slower than one
   * request per block.
   */
  private static final int ONE_REQUEST = 8 << 20;

  private static final int DIGEST_LENGTH = 16;
  private static final int HEAD_LENGTH = 8;
  private static final String SEPARATOR = "-";

  /**
   * Reads the blocks of a file.
   *
   * @param alone whether no other files are read at the same time; blocks of a file in a store are
   *     read in parallel then
   */
  static Fingerprint of(InputFile file, boolean alone) throws IOException {
    Optional<ArchiveFormat> format = Formats.ofName(file.location().uri());
    long length =
        format.isPresent()
            ? format.get().usedLength(file.location(), file.length())
            : file.length();
    long[] offsets = offsets(length);
    int size = (int) Math.min(length, length <= SMALL ? SMALL : BLOCK);
    boolean manyRequests = !file.location().isLocal() && offsets.length > 1;
    List<byte[]> blocks;
    if (manyRequests && length <= ONE_REQUEST) {
      blocks = blocks(Stores.openWhole(file.location()), offsets, size);
    } else if (manyRequests && alone) {
      blocks = blocksAtOnce(file.location(), offsets, size);
    } else {
      blocks = blocks(Stores.open(file.location()), offsets, size);
    }
    Digest digest = new Digest().add(length);
    blocks.forEach(digest::add);
    if (format.isPresent()) {
      format.get().checksums(file.location(), digest::add);
    }
    byte[] first = blocks.get(0);
    Digest head = new Digest().add(Arrays.copyOf(first, Math.min(first.length, BLOCK)));
    return new Fingerprint(length, digest.hex(DIGEST_LENGTH), head.hex(HEAD_LENGTH));
  }

  private static long[] offsets(long length) {
    if (length <= SMALL) {
      return new long[1];
    }
    long[] offsets = new long[BETWEEN + 2];
    SplittableRandom random = new SplittableRandom(length);
    long between = length - 2 * BLOCK;
    for (int i = 0; i < BETWEEN; i++) {
      long from = BLOCK + between * i / BETWEEN;
      long to = BLOCK + between * (i + 1) / BETWEEN;
      offsets[i + 1] = random.nextLong(from, Math.max(from, to - BLOCK) + 1);
    }
    offsets[BETWEEN + 1] = length - BLOCK;
    return offsets;
  }

  private static List<byte[]> blocks(SeekableByteChannel opened, long[] offsets, int size)
      throws IOException {
    List<byte[]> blocks = new ArrayList<>();
    try (SeekableByteChannel channel = opened) {
      for (long offset : offsets) {
        blocks.add(block(channel, offset, size));
      }
    }
    return blocks;
  }

  private static List<byte[]> blocksAtOnce(Location location, long[] offsets, int size)
      throws IOException {
    List<Future<byte[]>> begun = new ArrayList<>();
    List<byte[]> blocks = new ArrayList<>();
    try {
      for (long offset : offsets) {
        begun.add(
            IoExecutor.begin(
                () -> {
                  try (SeekableByteChannel channel = Stores.open(location)) {
                    return block(channel, offset, size);
                  }
                }));
      }
      for (Future<byte[]> block : begun) {
        blocks.add(IoExecutor.await(block));
      }
    } finally {
      begun.forEach(block -> block.cancel(true)); // the remaining requests after a failure
    }
    return blocks;
  }

  private static byte[] block(SeekableByteChannel channel, long offset, int size)
      throws IOException {
    ByteBuffer block = ByteBuffer.allocate(size);
    channel.position(offset);
    if (!Stores.readFully(channel, block)) {
      throw new EOFException("the file has become shorter while it was read");
    }
    return block.array();
  }

  /** Parses the text of {@link #toString}. */
  static @Nullable Fingerprint parse(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    String[] parts = text.split(SEPARATOR, -1);
    return new Fingerprint(Long.parseLong(parts[0]), parts[1], parts[2]);
  }

  @Override
  public String toString() {
    return String.join(SEPARATOR, Long.toString(length), digest, head);
  }
}
