package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * A kind of storage: the local file systems, Beam's file systems, or another one that Java's {@link
 * java.util.ServiceLoader} finds. {@link Stores} chooses the storage of a location.
 *
 * <p>An {@link IOException} is an error of a file: one line that names the file. A {@link
 * StoreUnavailableException} means that the store does not answer.
 *
 * <p>Implementations are thread-safe.
 */
@Internal
public interface Storage {
  /** Receives the files of a listing, in no particular order. Calls are never concurrent. */
  @FunctionalInterface
  interface FoundFile {
    /** Called for each file. */
    void found(FileStatus file) throws IOException;
  }

  /**
   * Configures this storage for the pipelines with these options.
   *
   * @throws IllegalArgumentException in one line, if the options contradict each other
   */
  default void prepare(PipelineOptions options) {}

  /** Returns whether a path or URI is one of this storage. */
  boolean holds(String pathOrUri);

  /**
   * Opens a file for reading at any position. If the file is replaced while it is open, reading
   * returns the former bytes or the new ones, or fails.
   *
   * @throws IOException if there is no such file; an object store may throw it at the first read
   */
  SeekableByteChannel open(Location file) throws IOException;

  /**
   * Returns the status of a file. Brackets and asterisks in the name are no wildcards.
   *
   * @param pathOrUri any text
   * @return empty if there is no such file
   * @throws IOException if the text is not a valid name
   */
  Optional<FileStatus> status(String pathOrUri) throws IOException;

  /**
   * Returns whether there is a folder of this name. In an object store, a prefix of an object is a
   * folder.
   */
  boolean isFolder(String pathOrUri) throws IOException;

  /**
   * Lists all files whose URIs have a prefix, in no particular order. It is not an error if there
   * are none. An object store does not list files of {@link #create} that are not closed yet.
   *
   * @param prefix the URI of a folder with a slash at its end, and possibly a beginning of names
   */
  void below(String prefix, FoundFile found) throws IOException;

  /**
   * Returns the files that are directly in a folder; none if there is no such folder.
   *
   * @param suffix the end of their names
   */
  List<FileStatus> in(Folder folder, String suffix) throws IOException;

  /** Creates a file, or replaces it. Creates the folders above it. */
  WritableByteChannel create(Location file) throws IOException;

  /**
   * Renames a file. It is never visible in part under the new name.
   *
   * @param replaces whether an existing file {@code to} is replaced; if not, and there is one,
   *     {@code from} is deleted
   * @throws IOException if there is no such file
   */
  void move(Location from, Location to, boolean replaces) throws IOException;

  /** Deletes files. Files that do not exist are ignored. */
  void delete(List<Location> files) throws IOException;

  /** Deletes a folder and everything below it, if it exists. */
  void delete(Folder folder) throws IOException;

  /** Deletes the files of a folder that have not changed for a time. */
  void deleteOlder(Folder folder, Duration age) throws IOException;
}
