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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

  private static final Pattern OBJECT_STORES = Pattern.compile("(s3|gs|azfs)://");

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
    return isLocal(path) ? path(path).toAbsolutePath().toString() : withLowerCaseScheme(path);
  }

  /** Returns a URI as file systems know it; a path of this machine as it is. */
  public static String withLowerCaseScheme(String uri) {
    int end = uri.indexOf("://");
    return isLocal(uri) ? uri : uri.substring(0, end).toLowerCase(Locale.ROOT) + uri.substring(end);
  }

  /**
   * Opens a file for reading at any place.
   *
   * @throws IOException also where its file system has no such thing
   */
  public static SeekableByteChannel open(Location location) throws IOException {
    String uri = location.uri();
    if (location.isLocal()) {
      return openLocal(pathOf(uri));
    }
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

  /**
   * The same as {@link #path}.
   *
   * @throws IOException in one line, if this machine's file system cannot have such a path
   */
  private static Path pathOf(String local) throws IOException {
    try {
      return path(local);
    } catch (RuntimeException e) {
      throw new IOException("%s is no path of this machine".formatted(local), e);
    }
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

  /** Reads a small text file in UTF-8. */
  public static String text(Location location) throws IOException {
    try (InputStream in = stream(location)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
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

  /** Receives the files of a listing, in no particular order. Calls are never concurrent. */
  @FunctionalInterface
  public interface FoundFile {
    /** Called for each file. */
    void found(FileStatus file) throws IOException;
  }

  /** Whether there is a folder of this very name, or in a bucket something below it. */
  public static boolean isFolder(String pathOrUri) throws IOException {
    if (isLocal(pathOrUri)) {
      return Files.isDirectory(pathOf(pathOrUri));
    }
    resource(pathOrUri);
    try {
      return S3Objects.isIn(pathOrUri) && S3Objects.isAnyBelow(folder(pathOrUri));
    } catch (RuntimeException e) {
      throw explained(pathOrUri, e);
    }
  }

  /**
   * Lists all files of a store whose URIs begin so, in any order. Objects of a bucket are listed
   * page by page, several prefixes in parallel, without keeping them in memory.
   *
   * @param prefix a folder's URI with a slash at its end, or more than that; in a bucket these very
   *     characters, elsewhere without a wildcard
   */
  public static void below(String prefix, FoundFile found) throws IOException {
    // If there is no such file system, Beam's message is worse.
    resource(prefix, prefix.endsWith("/"));
    try {
      if (S3Objects.isIn(prefix)) {
        S3Objects.below(prefix, found);
        return;
      }
    } catch (RuntimeException e) {
      throw explained(prefix, e);
    }
    for (MatchResult.Metadata file : match(prefix + "**")) {
      if (!file.resourceId().isDirectory()) {
        found.found(new FileStatus(Location.of(file), file.sizeBytes(), version(file)));
      }
    }
  }

  /** What is another one where a file was written again, as far as its file system tells. */
  public static String version(MatchResult.Metadata file) {
    return file.checksum() == null ? Long.toString(file.lastModifiedMillis()) : file.checksum();
  }

  /**
   * A file that was looked at.
   *
   * @param length in bytes
   * @param version another one where the file was written again: its ETag in a bucket, else the
   *     time of its last change
   */
  public record FileStatus(Location location, long length, String version) {}

  /**
   * Looks at the file of this very name, be there brackets or asterisks in it.
   *
   * @param pathOrUri any text
   * @return what is known of it, or nothing if there is no such file
   * @throws IOException in one line, if the text can name no file or the file cannot be looked at
   */
  public static Optional<FileStatus> status(String pathOrUri) throws IOException {
    if (isLocal(pathOrUri)) {
      Path path = pathOf(pathOrUri).toAbsolutePath().normalize();
      if (!Files.isRegularFile(path)) {
        return Optional.empty();
      }
      return Optional.of(
          new FileStatus(
              Location.of(path), Files.size(path), Files.getLastModifiedTime(path).toString()));
    }
    if (pathOrUri.endsWith("/")) {
      throw new IOException(
          "%s ends in a slash, as a folder does: rename the file".formatted(pathOrUri));
    }
    resource(pathOrUri); // if there is no such file system, Beam's message is worse
    try {
      if (S3Objects.isIn(pathOrUri)) {
        return S3Objects.status(pathOrUri);
      }
    } catch (RuntimeException e) {
      throw explained(pathOrUri, e);
    }
    for (MatchResult.Metadata file : match(pathOrUri)) {
      if (file.resourceId().toString().equals(pathOrUri) && !file.resourceId().isDirectory()) {
        return Optional.of(new FileStatus(Location.of(file), file.sizeBytes(), version(file)));
      }
    }
    return Optional.empty();
  }

  /** Whether there is a file of this very name. */
  public static boolean exists(Location location) throws IOException {
    return location.isLocal()
        ? Files.exists(pathOf(location.uri()))
        : status(location.uri()).isPresent();
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

  /** Deletes files, where they exist: in a bucket a thousand with one request. */
  public static void delete(List<Location> locations) throws IOException {
    List<ResourceId> files = new ArrayList<>();
    List<Location> objects = new ArrayList<>();
    for (Location location : locations) {
      // For each file that does not exist, Beam would look through its whole folder.
      if (location.isLocal()) {
        Files.deleteIfExists(pathOf(location.uri()));
      } else if (S3Objects.isIn(location.uri())) {
        objects.add(location);
      } else {
        files.add(resource(location.uri()));
      }
    }
    try {
      S3Objects.delete(objects);
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
    } catch (RuntimeException e) {
      throw new IOException(
          "%s: %s; give a path of this machine, or s3://bucket/name".formatted(uri, e.getMessage()),
          e);
    }
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
      throw new StoreUnavailableException(store(uri), explained);
    }
    return explained;
  }
}
