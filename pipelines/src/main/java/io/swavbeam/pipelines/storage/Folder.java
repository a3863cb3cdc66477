package io.swavbeam.pipelines.storage;

import io.swavbeam.model.run.AtomicFiles;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder of this machine, or what stands for one on another of Beam's file systems.
 *
 * @param path absolute path or URI, without a slash at its end
 */
public record Folder(String path) implements Serializable {
  /** Name of the folder that holds what belongs to embeddings and is not rows. */
  public static final String METADATA = "_swav";

  /** A folder by its path or URI. */
  public static Folder of(String path) {
    String absolute = Storage.absolute(path);
    return new Folder(
        absolute.endsWith("/") ? absolute.substring(0, absolute.length() - 1) : absolute);
  }

  /** A folder of this machine. */
  public static Folder of(Path path) {
    return of(path.toString());
  }

  /**
   * The folder in a folder of embeddings that holds whatever is not rows. Readers of datasets skip
   * names that begin so.
   */
  public Folder metadata() {
    return folder(METADATA);
  }

  /** A folder in it. */
  public Folder folder(String name) {
    return new Folder(path + "/" + name);
  }

  /** A file in it. */
  public Location file(String name) {
    return new Location(path + "/" + name);
  }

  /** Whether a file is in it, or in a folder in it. */
  public boolean holds(Location file) {
    if (file.isLocal() != Storage.isLocal(path)) {
      return false;
    }
    return file.isLocal()
        ? file.path().normalize().startsWith(Path.of(path).normalize())
        : file.uri().startsWith(path + "/");
  }

  /** Writes a small text file in UTF-8, which appears whole, in place of an earlier one. */
  public void write(String name, String text) throws IOException {
    Location unfinished = file(".unfinished-" + UUID.randomUUID());
    try (WritableByteChannel channel = Storage.create(unfinished)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    Storage.move(unfinished, file(name));
  }

  /**
   * A pattern for the files in it, for {@link Storage#match}.
   *
   * @param pattern of Beam's kind
   */
  public String pattern(String pattern) {
    return path + "/" + pattern;
  }

  /**
   * The files that lie in it.
   *
   * @param suffix of their names
   * @return in order; none if there is no such folder
   */
  public List<Location> files(String suffix) throws IOException {
    return List.copyOf(lengths(suffix).keySet());
  }

  /**
   * The files that lie in it, and their lengths in bytes.
   *
   * @param suffix of their names
   * @return in order; none if there is no such folder
   */
  public SortedMap<Location, Long> lengths(String suffix) throws IOException {
    SortedMap<Location, Long> lengths = new TreeMap<>();
    if (!Storage.isLocal(path)) {
      Storage.match(pattern("*" + suffix))
          .forEach(file -> lengths.put(Location.of(file), file.sizeBytes()));
      return lengths;
    }
    Path local = Path.of(path);
    if (!Files.isDirectory(local)) {
      return lengths;
    }
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(local, file -> file.toString().endsWith(suffix))) {
      for (Path file : files) {
        lengths.put(Location.of(file), Files.size(file));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return lengths;
  }

  /** Deletes the files below it that nobody has written to for a while. */
  public void deleteOlder(Duration age) throws IOException {
    long before = System.currentTimeMillis() - age.toMillis();
    if (!Storage.isLocal(path)) {
      List<Location> old =
          Storage.match(pattern("**")).stream()
              .filter(file -> file.lastModifiedMillis() > 0 && file.lastModifiedMillis() < before)
              .map(Location::of)
              .toList();
      if (!old.isEmpty()) {
        Storage.delete(old);
      }
      return;
    }
    Path local = Path.of(path);
    if (!Files.isDirectory(local)) {
      return;
    }
    try (Stream<Path> jobs = Files.list(local)) {
      for (Path job : jobs.toList()) {
        if (Files.getLastModifiedTime(job).toMillis() < before) {
          AtomicFiles.delete(job);
        }
      }
    }
  }

  /** Deletes it with all that is below it, if it is there. */
  public void delete() throws IOException {
    if (Storage.isLocal(path)) {
      AtomicFiles.delete(Path.of(path));
      return;
    }
    List<Location> files = Storage.match(pattern("**")).stream().map(Location::of).toList();
    if (!files.isEmpty()) {
      Storage.delete(files);
    }
  }

  @Override
  public String toString() {
    return path;
  }
}
