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
 * Files of this machine, by their paths, and of buckets and whatever else Beam has file systems
 * for, by their URIs ({@code s3://bucket/photos.tar}): each is asked of the {@link Storage} that
 * holds it.
 */
@Internal
public final class Stores {
  /** How often what may pass is tried before it fails. */
  public static final int ATTEMPTS = 3;

  private static final Pattern URI_OF_OTHERS = Pattern.compile("(?!file:)[A-Za-z][\\w+.-]+://.*");

  private static final Pattern OBJECT_STORES = Pattern.compile("(s3|gs|azfs)://");

  private static final Storage LOCAL = new LocalStorage();
  private static final Storage BEAM = new BeamStorage();
  private static final List<Storage> OTHERS =
      ServiceLoader.load(Storage.class, Storage.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  /** Writes the bytes of a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes them.
     *
     * @param out which may be closed
     */
    void writeTo(WritableByteChannel out) throws IOException;
  }

  private Stores() {}

  /**
   * Sets the options by which files are read and written, in this process and by the workers of a
   * pipeline that gets them.
   *
   * @throws IllegalArgumentException in one line, if they cannot be meant
   */
  public static void prepare(PipelineOptions options) {
    OTHERS.forEach(other -> other.prepare(options));
    FileSystems.setDefaultPipelineOptions(options);
  }

  /** Whether a path is one of this machine's. */
  public static boolean isLocal(String path) {
    return !URI_OF_OTHERS.matcher(path).matches();
  }

  /** The path of this machine that a path or a {@code file:} URI means. */
  public static Path path(String local) {
    return local.startsWith("file:") ? Path.of(URI.create(local)) : Path.of(local);
  }

  /** A path that means the same in another working directory; URIs are so already. */
  public static String absolute(String path) {
    return isLocal(path) ? path(path).toAbsolutePath().toString() : withLowerCaseScheme(path);
  }

  /** Returns a URI as file systems know it; a path of this machine as it is. */
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

  /** Opens a file for reading at any place, see {@link Storage#open}. */
  public static SeekableByteChannel open(Location file) throws IOException {
    return of(file.uri()).open(file);
  }

  /**
   * Opens a file that will be read whole, of some megabytes: one of a bucket comes with one
   * request, into memory.
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
   * Fills a buffer: a channel may hand out less than there is room for.
   *
   * @return whether there was enough
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
   * Ends the request of a channel that is kept for later: a bucket answers only so many at once.
   */
  public static void disconnect(SeekableByteChannel channel) throws IOException {
    if (channel instanceof LazilySeekingChannel remote) {
      remote.disconnect();
    }
  }

  /** Looks at the file of this very name, see {@link Storage#status}. */
  public static Optional<FileStatus> status(String pathOrUri) throws IOException {
    return of(pathOrUri).status(pathOrUri);
  }

  /** Whether there is a file of this very name. */
  public static boolean exists(Location file) throws IOException {
    return status(file.uri()).isPresent();
  }

  /** Whether there is a folder of this very name, see {@link Storage#isFolder}. */
  public static boolean isFolder(String pathOrUri) throws IOException {
    return of(pathOrUri).isFolder(pathOrUri);
  }

  /** Lists all files whose URIs begin so, see {@link Storage#below}. */
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
   * Writes a file under another name and then moves it to its own, so that it appears whole, in
   * place of an earlier one.
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

  /** Gives a file another name, in place of what has it. */
  public static void move(Location from, Location to) throws IOException {
    of(to.uri()).move(from, to, true);
  }

  /** Gives a file another name, or deletes it if there is a file of that name. */
  public static void moveUnlessThere(Location from, Location to) throws IOException {
    of(to.uri()).move(from, to, false);
  }

  /** Deletes files of one store, where they exist: in a bucket a thousand with one request. */
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
   * A folder's name as files below it begin, with a slash at its end.
   *
   * @throws IOException if there is no file system for it
   */
  public static String folder(String uri) throws IOException {
    return BeamStorage.folder(uri);
  }

  /**
   * Returns the name of the store that a file is in, for {@link Patience}: the URI up to its path.
   */
  public static String store(String uri) {
    return isLocal(uri) ? PassingErrors.STORE : uri.replaceFirst("(?s)^([^/]*://[^/]*).*", "$1");
  }

  /** Whether a file of this store is visible only when it is complete, as an object is. */
  public static boolean appearsWhole(String uri) {
    return OBJECT_STORES.matcher(uri).lookingAt();
  }
}
