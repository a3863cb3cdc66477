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
 * One kind of place for files: this machine, Beam's file systems, or another that Java's {@link
 * java.util.ServiceLoader} finds. {@link Stores} asks the one that a location belongs to.
 *
 * <p>An {@link IOException} says in one line what is wrong with a file, and names it. {@link
 * StoreUnavailableException} says that the place does not answer, or not now.
 *
 * <p>Implementations are safe for use by several threads.
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
   * Gets ready for what the pipelines with these options read and write.
   *
   * @throws IllegalArgumentException in one line, if the options cannot be meant
   */
  default void prepare(PipelineOptions options) {}

  /** Whether a file is in this kind of place. */
  boolean holds(String pathOrUri);

  /**
   * Opens a file for reading at any place. A file that is written anew meanwhile gives its former
   * bytes or its new ones, or fails.
   *
   * @throws IOException if there is no such file; in a store, at the first reading at the latest
   */
  SeekableByteChannel open(Location file) throws IOException;

  /**
   * Looks at the file of this very name, be there brackets or asterisks in it.
   *
   * @param pathOrUri any text
   * @return nothing if there is no such file
   * @throws IOException if the text can name no file
   */
  Optional<FileStatus> status(String pathOrUri) throws IOException;

  /** Whether there is a folder of this very name, or something below it where folders are none. */
  boolean isFolder(String pathOrUri) throws IOException;

  /**
   * Lists all files whose URIs begin so, in any order; none is no error. A file that is unfinished
   * is not among them where files appear whole.
   *
   * @param prefix a folder's URI with a slash at its end, or more than that
   */
  void below(String prefix, FoundFile found) throws IOException;

  /**
   * The files that lie in a folder; none if there is no such folder.
   *
   * @param suffix of their names
   */
  List<FileStatus> in(Folder folder, String suffix) throws IOException;

  /** Creates a file in place of an earlier one, with the folders that it needs. */
  WritableByteChannel create(Location file) throws IOException;

  /**
   * Gives a file another name, under which it appears whole.
   *
   * @param replaces whether it takes the place of a file of that name; else it is deleted if there
   *     is one
   * @throws IOException if there is no such file
   */
  void move(Location from, Location to, boolean replaces) throws IOException;

  /** Deletes files, where they exist. */
  void delete(List<Location> files) throws IOException;

  /** Deletes a folder with all that is below it, if it is there. */
  void delete(Folder folder) throws IOException;

  /** Deletes what has been in a folder for a while without a change. */
  void deleteOlder(Folder folder, Duration age) throws IOException;
}
