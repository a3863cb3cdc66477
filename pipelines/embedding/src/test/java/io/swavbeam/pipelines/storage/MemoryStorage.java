package io.swavbeam.pipelines.storage;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * Files in memory with URIs that begin with {@code memory://}. The store can be made unavailable.
 */
public final class MemoryStorage implements Storage {
  private static final Map<String, Entry> FILES = new ConcurrentSkipListMap<>();
  private static volatile boolean isAway;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(byte[] bytes, long time, long version) {}

  /** Makes the store available or unavailable. */
  public static void setAway(boolean away) {
    isAway = away;
  }

  private static void answer(String uri) {
    if (isAway) {
      throw new StoreUnavailableException(
          Stores.store(uri), new IOException("%s: the store does not answer".formatted(uri)));
    }
  }

  @Override
  public boolean holds(String pathOrUri) {
    return pathOrUri.startsWith("memory://");
  }

  @Override
  public SeekableByteChannel open(Location file) throws IOException {
    return new SeekableInMemoryByteChannel(entry(file).bytes());
  }

  private static Entry entry(Location file) throws IOException {
    answer(file.uri());
    Entry entry = FILES.get(file.uri());
    if (entry == null) {
      throw new FileNotFoundException(file.uri());
    }
    return entry;
  }

  @Override
  public Optional<FileStatus> status(String uri) {
    answer(uri);
    return Optional.ofNullable(FILES.get(uri)).map(entry -> status(uri, entry));
  }

  private static FileStatus status(String uri, Entry entry) {
    return new FileStatus(
        new Location(uri), entry.bytes().length, Long.toString(entry.version()), entry.time());
  }

  @Override
  public boolean isFolder(String uri) {
    answer(uri);
    return FILES.keySet().stream().anyMatch(name -> name.startsWith(uri + "/"));
  }

  @Override
  public void below(String prefix, FoundFile found) throws IOException {
    answer(prefix);
    for (Map.Entry<String, Entry> file : FILES.entrySet()) {
      if (file.getKey().startsWith(prefix)) {
        found.found(status(file.getKey(), file.getValue()));
      }
    }
  }

  @Override
  public List<FileStatus> in(Folder folder, String suffix) {
    answer(folder.path());
    String prefix = folder.path() + "/";
    return FILES.entrySet().stream()
        .filter(file -> file.getKey().startsWith(prefix) && file.getKey().endsWith(suffix))
        .filter(file -> file.getKey().indexOf('/', prefix.length()) < 0)
        .map(file -> status(file.getKey(), file.getValue()))
        .toList();
  }

  /** The file appears when the channel is closed. */
  @Override
  public WritableByteChannel create(Location file) {
    answer(file.uri());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WritableByteChannel channel = Channels.newChannel(bytes);
    return new WritableByteChannel() {
      @Override
      public int write(ByteBuffer source) throws IOException {
        answer(file.uri());
        return channel.write(source);
      }

      @Override
      public boolean isOpen() {
        return channel.isOpen();
      }

      @Override
      public void close() throws IOException {
        if (isOpen()) {
          channel.close();
          answer(file.uri());
          FILES.put(
              file.uri(),
              new Entry(bytes.toByteArray(), System.currentTimeMillis(), System.nanoTime()));
        }
      }
    };
  }

  @Override
  public void move(Location from, Location to, boolean replaces) throws IOException {
    Entry entry = entry(from);
    if (replaces) {
      FILES.put(to.uri(), entry);
    } else {
      FILES.putIfAbsent(to.uri(), entry);
    }
    FILES.remove(from.uri());
  }

  @Override
  public void delete(List<Location> files) {
    files.forEach(file -> answer(file.uri()));
    files.forEach(file -> FILES.remove(file.uri()));
  }

  @Override
  public void delete(Folder folder) {
    answer(folder.path());
    FILES.keySet().removeIf(name -> name.startsWith(folder.path() + "/"));
  }

  @Override
  public void deleteOlder(Folder folder, Duration age) {
    answer(folder.path());
    long before = System.currentTimeMillis() - age.toMillis();
    FILES
        .entrySet()
        .removeIf(
            file ->
                file.getKey().startsWith(folder.path() + "/") && file.getValue().time() < before);
  }
}
