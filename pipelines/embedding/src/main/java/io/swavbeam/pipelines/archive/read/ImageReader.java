package io.swavbeam.pipelines.archive.read;

import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.Stores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A reader of single images by their references. Keeps the last file open. Not thread-safe. */
public final class ImageReader implements AutoCloseable {
  private static final int OPEN_FILES = 16;

  private final LinkedHashMap<Location, SeekableByteChannel> open =
      new LinkedHashMap<>(OPEN_FILES, 0.75f, true);
  private final Prefetcher prefetcher = new Prefetcher();
  private final ImageLimits limits;
  private @Nullable Location last;

  /** Creates a reader with limits on images. */
  public ImageReader(ImageLimits limits) {
    this.limits = limits;
  }

  /**
   * Announces the images that will be read, in this order. Images in buckets are requested before
   * they are read. Replaces earlier announcements.
   */
  public void prefetch(List<ImageRef> refs) {
    prefetcher.prefetch(refs);
  }

  /**
   * Reads an image.
   *
   * @param ref a reference to one image, not to a stream
   * @return its bytes, unpacked
   * @throws IOException if the file cannot be read in three attempts, or is shorter than the
   *     reference says
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if the error is temporary; the
   *     image may be readable
   * @throws UndecodableImageException if it is larger than the limits allow
   */
  public byte[] read(ImageRef ref) throws IOException, UndecodableImageException {
    for (int attempt = 1; ; attempt++) {
      try {
        return readOnce(ref);
      } catch (ArchiveException | FileNotFoundException e) {
        throw e;
      } catch (IOException e) {
        // The next attempt may succeed after a read error of a disk, or if a file server was
        // restarted.
        if (attempt == Stores.ATTEMPTS || !ref.file().isLocal() || isLasting(e)) {
          throw PassingErrors.lasting(e);
        }
        forget(ref.file());
        IoExecutor.pause(attempt);
      }
    }
  }

  private static boolean isLasting(IOException e) {
    return e instanceof NoSuchFileException || e instanceof AccessDeniedException;
  }

  private void forget(Location file) throws IOException {
    SeekableByteChannel channel = open.remove(file);
    if (channel != null) {
      channel.close();
    }
    last = null;
  }

  /**
   * Returns the memory in bytes that reading an image takes at most, as far as the limits allow it.
   */
  public long memory(ImageRef ref) {
    long packed =
        ref.packing() == Packing.STORED || ref.packing() == Packing.ZIP_STORED ? 0 : ref.length();
    return packed + Math.min(limits.maxBytes(), Math.max(ref.length(), ref.unpackedLength()));
  }

  private byte[] readOnce(ImageRef ref) throws IOException, UndecodableImageException {
    return Formats.unpack(packed(ref), ref, limits);
  }

  private byte[] packed(ImageRef ref) throws IOException, UndecodableImageException {
    limits.checkBytes(ref.length());
    limits.checkBytes(ref.unpackedLength());
    byte[] bytes = prefetcher.take(ref);
    return bytes == null ? readNow(ref) : bytes;
  }

  private byte[] readNow(ImageRef ref) throws IOException {
    // Keeps archives open, because they are read from again. Files of single images are closed.
    if (ref.offset() > 0) {
      return Prefetcher.readRange(channel(ref.file()), ref);
    }
    try (SeekableByteChannel channel = Stores.open(ref.file())) {
      return Prefetcher.readRange(channel, ref);
    }
  }

  private SeekableByteChannel channel(Location file) throws IOException {
    if (last != null && !last.equals(file)) {
      Stores.disconnect(open.get(last));
    }
    last = file;
    SeekableByteChannel channel = open.get(file);
    if (channel == null) {
      channel = Stores.open(file);
      open.put(file, channel);
      if (open.size() > OPEN_FILES) {
        Map.Entry<Location, SeekableByteChannel> oldest = open.entrySet().iterator().next();
        open.remove(oldest.getKey());
        oldest.getValue().close();
      }
    }
    return channel;
  }

  @Override
  public void close() throws IOException {
    prefetcher.close();
    for (SeekableByteChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }
}
