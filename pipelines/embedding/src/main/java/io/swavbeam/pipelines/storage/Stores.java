package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * Access to files of this machine by path, and to files of buckets and Beam's other file systems by
 * URI ({@code s3://bucket/photos.tar}). Each call is delegated to the {@link Storage} of the file.
 */
@Internal
public final class Stores {
  /** The number of attempts after temporary errors. */
  public static final int ATTEMPTS = 3;

  private static final Pattern URI_OF_OTHERS = Pattern.compile("(?!file:)[A-Za-z][\\w+.-]+://.*");

  private static final Pattern OBJECT_STORES = Pattern.compile("(s3|gs|azfs)://");

  private static final Storage LOCAL = new LocalStorage();
  private static final Storage BEAM = new BeamStorage();
  private static final List<Storage> OTHERS =
      ServiceLoader.load(Storage.class, Storage.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the content.
     *
     * @param out the channel; may be closed
     */
    void writeTo(WritableByteChannel out) throws IOException;
  }

  private Stores() {}

  /**
   * Sets the options for file systems, in this process and for the workers of a pipeline with these
   * options.
   *
   * @throws IllegalArgumentException in one line, if the options contradict each other
   */
  public static void prepare(PipelineOptions options) {
    OTHERS.forEach(other -> other.prepare(options));
    FileSystems.setDefaultPipelineOptions(options);
  }

  /** Returns whether a path is local. */
  public static boolean isLocal(String path) {
    return !URI_OF_OTHERS.matcher(path).matches();
  }

  /** Returns the local path of a path or a {@code file:} URI. */
  public static Path path(String local) {
    return local.startsWith("file:") ? Path.of(URI.create(local)) : Path.of(local);
  }

  /** Returns a path that does not depend on the working directory. URIs are returned unchanged. */
  public static String absolute(String path) {
    return isLocal(path) ? path(path).toAbsolutePath().toString() : withLowerCaseScheme(path);
  }

  /** Returns a URI with its scheme in lower case. Local paths are returned unchanged. */
  public static String withLowerCaseScheme(String uri) {
    int end = uri.indexOf("://");
    return isLocal(uri) ? uri : uri.substring(0, end).toLowerCase(Locale.ROOT) + uri.substring(end);
  }

  private static Storage of(String pathOrUri) {
    if (LOCAL.holds(pathOrUri)) {
      return LOCAL;
    }
    return OTHERS.stream().filter(other -> other.holds(pathOrUri)).findFirst().orElse(BEAM);
  }

  /** Opens a file for reading at any position, see {@link Storage#open}. */
  public static SeekableByteChannel open(Location file) throws IOException {
    return of(file.uri()).open(file);
  }

  /**
   * Opens a file of a few megabytes that will be read completely. A file of a bucket is read into
   * memory with one request.
   */
  public static SeekableByteChannel openWhole(Location file) throws IOException {
    if (file.isLocal()) {
      return open(file);
    }
    try (InputStream in = stream(file)) {
      return new SeekableInMemoryByteChannel(in.readAllBytes());
    }
  }

  /** Opens a file for reading from its beginning. */
  public static InputStream stream(Location file) throws IOException {
    return Channels.newInputStream(open(file));
  }

  /** Reads a small text file in UTF-8. */
  public static String text(Location file) throws IOException {
    try (InputStream in = stream(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Fills a buffer. A channel may return fewer bytes at a time.
   *
   * @return whether the channel had enough bytes
   */
  public static boolean readFully(ReadableByteChannel channel, ByteBuffer buffer)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Ends the request of a channel that is kept open, because a bucket limits the number of parallel
   * requests.
   */
  public static void disconnect(SeekableByteChannel channel) throws IOException {
    if (channel instanceof LazilySeekingChannel remote) {
      remote.disconnect();
    }
  }

  /** Returns the status of a file, see {@link Storage#status}. */
  public static Optional<FileStatus> status(String pathOrUri) throws IOException {
    return of(pathOrUri).status(pathOrUri);
  }

  /** Returns whether a file exists. */
  public static boolean exists(Location file) throws IOException {
    return status(file.uri()).isPresent();
  }

  /** Returns whether a folder exists, see {@link Storage#isFolder}. */
  public static boolean isFolder(String pathOrUri) throws IOException {
    return of(pathOrUri).isFolder(pathOrUri);
  }

  /** Lists all files whose URIs have a prefix, see {@link Storage#below}. */
  public static void below(String prefix, Storage.FoundFile found) throws IOException {
    of(prefix).below(prefix, found);
  }

  static List<FileStatus> in(Folder folder, String suffix) throws IOException {
    return of(folder.path()).in(folder, suffix);
  }

  /** Creates a file, see {@link Storage#create}. */
  public static WritableByteChannel create(Location file) throws IOException {
    return of(file.uri()).create(file);
  }

  /**
   * Writes a file under a temporary name and renames it. It replaces an earlier file, and is never
   * visible in part.
   */
  public static void write(Location file, Content content) throws IOException {
    String folder = file.uri().substring(0, file.uri().lastIndexOf('/') + 1);
    Location unfinished = new Location(folder + ".unfinished-" + UUID.randomUUID());
    boolean isMoved = false;
    try {
      WritableByteChannel out = create(unfinished);
      try {
        content.writeTo(out);
      } finally {
        if (out.isOpen()) {
          out.close(); // a channel to a bucket fails if it is closed twice
        }
      }
      move(unfinished, file);
      isMoved = true;
    } finally {
      if (!isMoved) {
        delete(List.of(unfinished));
      }
    }
  }

  /** Renames a file. Replaces an existing file. */
  public static void move(Location from, Location to) throws IOException {
    of(to.uri()).move(from, to, true);
  }

  /** Renames a file, or deletes it if the new name exists. */
  public static void moveUnlessThere(Location from, Location to) throws IOException {
    of(to.uri()).move(from, to, false);
  }

  /**
   * Deletes files of one store. Files that do not exist are ignored. In a bucket, one request
   * deletes a thousand files.
   */
  public static void delete(List<Location> files) throws IOException {
    if (!files.isEmpty()) {
      of(files.get(0).uri()).delete(files);
    }
  }

  static void delete(Folder folder) throws IOException {
    of(folder.path()).delete(folder);
  }

  static void deleteOlder(Folder folder, Duration age) throws IOException {
    of(folder.path()).deleteOlder(folder, age);
  }

  /**
   * Returns the URI of a folder with a trailing slash, the prefix of the URIs of its files.
   *
   * @throws IOException if there is no file system for it
   */
  public static String folder(String uri) throws IOException {
    return BeamStorage.folder(uri);
  }

  /** Returns the name of the store of a file for {@link Patience}: the URI up to its path. */
  public static String store(String uri) {
    return isLocal(uri) ? PassingErrors.STORE : uri.replaceFirst("(?s)^([^/]*://[^/]*).*", "$1");
  }

  /**
   * Returns whether files of a store become visible only when they are complete, as in object
   * stores.
   */
  public static boolean appearsWhole(String uri) {
    return OBJECT_STORES.matcher(uri).lookingAt();
  }
}
