package io.swavbeam.pipelines.storage;

import io.swavbeam.pipelines.jvm.RootCause;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.util.MimeTypes;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * Files of this machine, by their paths, and of buckets and whatever else Beam has file systems
 * for, by their URIs ({@code s3://bucket/photos.tar}). What goes wrong is told in one line that
 * names the file; a store that does not answer, by {@link StoreUnavailableException}.
 */
@Internal
public final class Storage {
  /** How often what may pass is tried before it fails. */
  public static final int ATTEMPTS = 3;

  private static final Pattern URI_OF_OTHERS = Pattern.compile("(?!file:)[A-Za-z][\\w+.-]+://.*");

  private Storage() {}

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
    return isLocal(path) ? path(path).toAbsolutePath().toString() : path;
  }

  /**
   * Opens a file for reading at any place.
   *
   * @throws IOException also where its file system has no such thing
   */
  public static SeekableByteChannel open(Location location) throws IOException {
    if (location.isLocal()) {
      return openLocal(location.path());
    }
    String uri = location.uri();
    ResourceId file = resource(uri);
    ReadableByteChannel channel;
    try {
      channel = FileSystems.open(file);
    } catch (IOException | RuntimeException e) {
      throw explained(uri, e);
    }
    if (!(channel instanceof SeekableByteChannel seekable)) {
      channel.close();
      throw new IOException("the file system of %s cannot read by offset".formatted(uri));
    }
    return new LazilySeekingChannel(uri, seekable);
  }

  private static FileChannel openLocal(Path path) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return FileChannel.open(path, StandardOpenOption.READ);
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw PassingErrors.lasting(e);
        }
        if (!PassingErrors.mayPass(e)) {
          throw e;
        }
        IoExecutor.pause(attempt);
      }
    }
  }

  /**
   * Opens a file that will be read whole, of some megabytes: one of a bucket comes with one
   * request, into memory.
   */
  public static SeekableByteChannel openWhole(Location location) throws IOException {
    if (location.isLocal()) {
      return open(location);
    }
    try (InputStream in = stream(location)) {
      return new SeekableInMemoryByteChannel(in.readAllBytes());
    }
  }

  /** Opens a file for reading from its beginning. */
  public static InputStream stream(Location location) throws IOException {
    return Channels.newInputStream(open(location));
  }

  /**
   * Ends the request of a channel that is kept for later: a bucket answers only so many at once.
   */
  public static void disconnect(SeekableByteChannel channel) throws IOException {
    if (channel instanceof LazilySeekingChannel remote) {
      remote.disconnect();
    }
  }

  /**
   * The files that a pattern stands for; none is no error.
   *
   * @param pattern of Beam's kind: {@code *} stays in a folder, {@code **} does not
   */
  public static List<MatchResult.Metadata> match(String pattern) throws IOException {
    resource(pattern); // if it matches nothing that can be read, Beam's message is worse
    try {
      return FileSystems.match(pattern, EmptyMatchTreatment.ALLOW).metadata();
    } catch (IOException | RuntimeException e) {
      throw explained(pattern, e);
    }
  }

  /** Takes the files of a store, in any order; by one thread at a time. */
  @FunctionalInterface
  public interface FoundFile {
    /**
     * Takes one.
     *
     * @param version another one where the file was written again
     */
    void found(String uri, long length, String version) throws IOException;
  }

  /**
   * All files below a folder of a store, in any order. Those of a bucket come page by page, several
   * of its folders at once, and are not kept.
   *
   * @param folder a URI without a wildcard
   */
  public static void below(String folder, FoundFile found) throws IOException {
    resource(folder); // if there is no such file system, Beam's message is worse
    try {
      if (S3Listing.lists(folder)) {
        S3Listing.below(folder(folder), found);
        return;
      }
    } catch (RuntimeException e) {
      throw explained(folder, e);
    }
    for (MatchResult.Metadata file : match(folder + "/**")) {
      if (!file.resourceId().isDirectory()) {
        found.found(file.resourceId().toString(), file.sizeBytes(), version(file));
      }
    }
  }

  /** What is another one where a file was written again, as far as its file system tells. */
  public static String version(MatchResult.Metadata file) {
    return file.checksum() == null ? Long.toString(file.lastModifiedMillis()) : file.checksum();
  }

  /** Whether there is a file of this very name. */
  public static boolean exists(Location location) throws IOException {
    // Beam would look through the whole folder.
    return location.isLocal() ? Files.exists(location.path()) : !match(location.uri()).isEmpty();
  }

  /** Creates a file; in a bucket, it appears when the channel is closed. */
  public static WritableByteChannel create(Location location) throws IOException {
    String uri = location.uri();
    ResourceId file = resource(uri);
    try {
      return FileSystems.create(file, MimeTypes.BINARY);
    } catch (IOException | RuntimeException e) {
      throw explained(uri, e);
    }
  }

  /** Gives a file its name, in place of what has it. */
  public static void move(Location from, Location to, MoveOptions... options) throws IOException {
    List<ResourceId> before = List.of(resource(from.uri()));
    List<ResourceId> after = List.of(resource(to.uri()));
    try {
      FileSystems.rename(before, after, options);
    } catch (IOException | RuntimeException e) {
      throw explained(to.uri(), e);
    }
  }

  /** Deletes files, where they are there. */
  public static void delete(List<Location> locations) throws IOException {
    List<ResourceId> files = new ArrayList<>();
    for (Location location : locations) {
      files.add(resource(location.uri()));
    }
    try {
      FileSystems.delete(files, StandardMoveOptions.IGNORE_MISSING_FILES);
    } catch (IOException | RuntimeException e) {
      throw explained(locations.get(0).uri(), e);
    }
  }

  /**
   * A folder's name as files below it begin, with a slash at its end.
   *
   * @throws IOException if there is no file system for it
   */
  public static String folder(String uri) throws IOException {
    return resource(uri, true).toString();
  }

  private static ResourceId resource(String uri) throws IOException {
    return resource(uri, false);
  }

  private static ResourceId resource(String uri, boolean folder) throws IOException {
    try {
      return FileSystems.matchNewResource(uri, folder);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s: %s; give a path of this machine, or s3://bucket/name".formatted(uri, e.getMessage()),
          e);
    }
  }

  /**
   * In one line, what a file system has to say of a file.
   *
   * @throws StoreUnavailableException if that is of the store
   */
  static IOException explained(String uri, Exception e) {
    if (isLocal(uri)) {
      return e instanceof IOException io ? io : new IOException(uri + ": " + e.getMessage(), e);
    }
    IOException explained =
        new IOException("%s: %s".formatted(uri, S3Clients.explained(RootCause.line(e))), e);
    if (S3Clients.isOfTheStore(e)) {
      throw new StoreUnavailableException(explained);
    }
    return explained;
  }
}
