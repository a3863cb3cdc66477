package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

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
    String absolute = Stores.absolute(path);
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
    if (file.isLocal() != Stores.isLocal(path)) {
      return false;
    }
    return file.isLocal()
        ? file.path().normalize().startsWith(Path.of(path).normalize())
        : file.uri().startsWith(path + "/");
  }

  /** Writes a small text file in UTF-8, which appears whole, in place of an earlier one. */
  public void write(String name, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    Stores.write(
        file(name),
        out -> {
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
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
    Stores.in(this, suffix).forEach(file -> lengths.put(file.location(), file.length()));
    return lengths;
  }

  /** Deletes what nobody has written to for a while. */
  public void deleteOlder(Duration age) throws IOException {
    Stores.deleteOlder(this, age);
  }

  /** Deletes it with all that is below it, if it is there. */
  public void delete() throws IOException {
    Stores.delete(this);
  }

  @Override
  public String toString() {
    return path;
  }
}
