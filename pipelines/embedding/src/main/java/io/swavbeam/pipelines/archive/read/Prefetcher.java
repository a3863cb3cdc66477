package io.swavbeam.pipelines.archive.read;

import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Packed;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader of announced images in buckets before they are needed. The threads of {@link IoExecutor}
 * read several at once. Consecutive images of an archive are not prefetched, because one request
 * returns them all.
 *
 * <p>Not thread-safe.
 */
final class Prefetcher implements AutoCloseable {
  private static final int ON_THEIR_WAY = 16;
  private static final long NEIGHBOURHOOD = 1 << 20;
  // Larger images are read one at a time, when they are needed.
  private static final long MAX_BYTES = 16 << 20;

  private final Deque<ImageRef> announced = new ArrayDeque<>();
  private final Map<ImageRef, Future<byte[]>> coming = new HashMap<>();
  private final Map<Location, Queue<SeekableByteChannel>> idle = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** Announces the images that will be read, in this order. Replaces earlier announcements. */
  void prefetch(List<ImageRef> refs) {
    forget();
    ImageRef before = null;
    for (ImageRef ref : refs) {
      if (ref.length() <= MAX_BYTES && !ref.file().isLocal() && !areNeighbours(before, ref)) {
        announced.add(ref);
      }
      before = ref;
    }
    fetch();
  }

  private static boolean areNeighbours(@Nullable ImageRef before, ImageRef ref) {
    if (before == null || !before.file().equals(ref.file())) {
      return false;
    }
    long gap = ref.offset() - before.offset() - before.length();
    return gap >= 0 && gap <= NEIGHBOURHOOD;
  }

  private void fetch() {
    while (coming.size() < ON_THEIR_WAY && !announced.isEmpty()) {
      coming.computeIfAbsent(announced.remove(), ref -> IoExecutor.begin(() -> read(ref)));
    }
  }

  /**
   * Returns the packed bytes of an image, or null if they were not requested.
   *
   * @throws IOException if they could not be read
   */
  byte @Nullable [] take(ImageRef ref) throws IOException {
    Future<byte[]> read = coming.remove(ref);
    fetch();
    return read == null ? null : IoExecutor.await(read);
  }

  private byte[] read(ImageRef ref) throws IOException {
    Queue<SeekableByteChannel> channels =
        idle.computeIfAbsent(ref.file(), any -> new ConcurrentLinkedQueue<>());
    SeekableByteChannel channel = channels.poll();
    if (channel == null) {
      channel = Stores.open(ref.file());
    }
    boolean again = false;
    try {
      byte[] bytes = readRange(channel, ref);
      Stores.disconnect(channel);
      // Archives are read from again. Files of single images are not.
      again = ref.offset() > 0 && !closed && channels.offer(channel);
      return bytes;
    } finally {
      if (!again) {
        channel.close();
      }
    }
  }

  /** Returns the packed bytes of an image. */
  static byte[] readRange(SeekableByteChannel channel, ImageRef ref) throws IOException {
    int length = Math.toIntExact(ref.length());
    try (InputStream in = Formats.packed(channel, Packed.of(ref))) {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new ArchiveException(
            "the file ends %d bytes before the image does".formatted(length - bytes.length));
      }
      return bytes;
    }
  }

  private void forget() {
    announced.clear();
    coming.values().forEach(read -> read.cancel(false));
    coming.clear();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    forget();
    for (Queue<SeekableByteChannel> channels : idle.values()) {
      for (SeekableByteChannel channel : channels) {
        channel.close();
      }
    }
    idle.clear();
  }
}
