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
 * A folder of this machine or of one of Beam's file systems.
 *
 * @param path the absolute path or URI, without a trailing slash
 */
public record Folder(String path) implements Serializable {
  /** The name of the folder for all files in a folder of embeddings that are not rows. */
  public static final String METADATA = "_swav";

  /** Creates a folder from its path or URI. */
  public static Folder of(String path) {
    String absolute = Stores.absolute(path);
    return new Folder(
        absolute.endsWith("/") ? absolute.substring(0, absolute.length() - 1) : absolute);
  }

  /** Creates a folder of this machine. */
  public static Folder of(Path path) {
    return of(path.toString());
  }

  /**
   * Returns the folder for all files in a folder of embeddings that are not rows. Readers of
   * datasets skip names with an underscore.
   */
  public Folder metadata() {
    return folder(METADATA);
  }

  /** Returns a folder in this folder. */
  public Folder folder(String name) {
    return new Folder(path + "/" + name);
  }

  /** Returns a file in this folder. */
  public Location file(String name) {
    return new Location(path + "/" + name);
  }

  /** Returns whether a file is below this folder. */
  public boolean holds(Location file) {
    if (file.isLocal() != Stores.isLocal(path)) {
      return false;
    }
    return file.isLocal()
        ? file.path().normalize().startsWith(Path.of(path).normalize())
        : file.uri().startsWith(path + "/");
  }

  /**
   * Writes a small text file in UTF-8. It replaces an earlier one, and is never visible in part.
   */
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
   * Returns the files that are directly in this folder.
   *
   * @param suffix the end of their names
   * @return the files in order; none if the folder does not exist
   */
  public List<Location> files(String suffix) throws IOException {
    return List.copyOf(lengths(suffix).keySet());
  }

  /**
   * Returns the files that are directly in this folder, with their lengths in bytes.
   *
   * @param suffix the end of their names
   * @return the files in order; none if the folder does not exist
   */
  public SortedMap<Location, Long> lengths(String suffix) throws IOException {
    SortedMap<Location, Long> lengths = new TreeMap<>();
    Stores.in(this, suffix).forEach(file -> lengths.put(file.location(), file.length()));
    return lengths;
  }

  /** Deletes files that were not written to for a time. */
  public void deleteOlder(Duration age) throws IOException {
    Stores.deleteOlder(this, age);
  }

  /** Deletes the folder and everything below it, if it exists. */
  public void delete() throws IOException {
    Stores.delete(this);
  }

  @Override
  public String toString() {
    return path;
  }
}
