package io.swavbeam.pipelines.storage;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.pipelines.jvm.RootCause;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.util.MimeTypes;

/**
 * Storage on Beam's file systems. Most of them treat names with asterisks and brackets as patterns.
 */
@Internal
public class BeamStorage implements Storage {
  private static final String SCHEME_OF_S3 = "s3://";

  @Override
  public boolean holds(String pathOrUri) {
    return !Stores.isLocal(pathOrUri);
  }

  @Override
  public SeekableByteChannel open(Location location) throws IOException {
    String uri = location.uri();
    ResourceId file = resource(uri, false);
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
    return new LazilySeekingChannel(seekable, e -> explained(uri, e));
  }

  /**
   * Returns the files that match a pattern, or none.
   *
   * @param pattern a pattern of Beam: {@code *} matches within a folder, {@code **} across folders
   */
  private List<MatchResult.Metadata> match(String pattern) throws IOException {
    resource(pattern, false); // Beam's message for a pattern without readable files is worse
    try {
      return FileSystems.match(pattern, EmptyMatchTreatment.ALLOW).metadata();
    } catch (IOException | RuntimeException e) {
      throw explained(pattern, e);
    }
  }

  @Override
  public final boolean isFolder(String uri) throws IOException {
    String folder = folder(uri);
    return asked(uri, () -> isAnyBelow(folder));
  }

  /**
   * Returns whether there is a file below a folder. Returns false if that cannot be known without a
   * pattern.
   *
   * @param folder a URI with a trailing slash
   */
  protected boolean isAnyBelow(String folder) throws IOException {
    return false;
  }

  @Override
  public final void below(String prefix, FoundFile found) throws IOException {
    // Beam's message for an unknown file system is worse.
    resource(prefix, prefix.endsWith("/"));
    asked(
        prefix,
        () -> {
          list(prefix, found);
          return null;
        });
  }

  /** Lists all files whose URIs have a prefix. */
  protected void list(String prefix, FoundFile found) throws IOException {
    for (MatchResult.Metadata file : match(prefix + "**")) {
      if (!file.resourceId().isDirectory()) {
        found.found(statusOf(file));
      }
    }
  }

  private static FileStatus statusOf(MatchResult.Metadata file) {
    String version =
        file.checksum() == null ? Long.toString(file.lastModifiedMillis()) : file.checksum();
    return new FileStatus(
        new Location(file.resourceId().toString()),
        file.sizeBytes(),
        version,
        file.lastModifiedMillis());
  }

  @Override
  public final Optional<FileStatus> status(String uri) throws IOException {
    if (uri.endsWith("/")) {
      throw new IOException("%s ends in a slash, as a folder does: rename the file".formatted(uri));
    }
    resource(uri, false); // Beam's message for an unknown file system is worse
    return asked(uri, () -> find(uri));
  }

  /** Looks up a file by its name. */
  protected Optional<FileStatus> find(String uri) throws IOException {
    return match(uri).stream()
        .filter(file -> file.resourceId().toString().equals(uri))
        .filter(file -> !file.resourceId().isDirectory())
        .map(BeamStorage::statusOf)
        .findFirst();
  }

  @Override
  public List<FileStatus> in(Folder folder, String suffix) throws IOException {
    String prefix = folder.path() + "/";
    List<FileStatus> found = new ArrayList<>();
    below(
        prefix,
        file -> {
          String name = file.location().uri().substring(prefix.length());
          if (name.indexOf('/') < 0 && name.endsWith(suffix)) {
            found.add(file);
          }
        });
    return found;
  }

  /** Creates a file. In a bucket, it becomes visible when the channel is closed. */
  @Override
  public WritableByteChannel create(Location location) throws IOException {
    ResourceId file = resource(location.uri(), false);
    try {
      return FileSystems.create(file, MimeTypes.BINARY);
    } catch (IOException | RuntimeException e) {
      throw explained(location.uri(), e);
    }
  }

  @Override
  public void move(Location from, Location to, boolean replaces) throws IOException {
    // Beam's own option treats the name as a pattern.
    if (!replaces && status(to.uri()).isPresent()) {
      delete(List.of(from));
      return;
    }
    try {
      FileSystems.rename(List.of(resource(from.uri(), false)), List.of(resource(to.uri(), false)));
    } catch (IOException | RuntimeException e) {
      throw explained(to.uri(), e);
    }
  }

  @Override
  public final void delete(List<Location> locations) throws IOException {
    String first = locations.get(0).uri();
    resource(first, false); // Beam's message for an unknown file system is worse
    try {
      deleteFiles(locations);
    } catch (IOException | RuntimeException e) {
      throw explained(first, e);
    }
  }

  /** Deletes files. Files that do not exist are ignored. */
  protected void deleteFiles(List<Location> locations) throws IOException {
    List<ResourceId> files = new ArrayList<>();
    for (Location location : locations) {
      files.add(resource(location.uri(), false));
    }
    FileSystems.delete(files, StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  @Override
  public void delete(Folder folder) throws IOException {
    deleteBelow(folder, Long.MAX_VALUE);
  }

  @Override
  public void deleteOlder(Folder folder, Duration age) throws IOException {
    deleteBelow(folder, System.currentTimeMillis() - age.toMillis());
  }

  private void deleteBelow(Folder folder, long before) throws IOException {
    List<Location> old = new ArrayList<>();
    below(
        folder.path() + "/",
        file -> {
          if (before == Long.MAX_VALUE || (file.changed() > 0 && file.changed() < before)) {
            old.add(file.location());
          }
        });
    if (!old.isEmpty()) {
      delete(old);
    }
  }

  /**
   * Returns the URI of a folder with a trailing slash, the prefix of the URIs of its files.
   *
   * @throws IOException if there is no file system for it
   */
  static String folder(String uri) throws IOException {
    return resource(uri, true).toString();
  }

  private static ResourceId resource(String uri, boolean isFolder) throws IOException {
    try {
      return FileSystems.matchNewResource(uri, isFolder);
    } catch (RuntimeException e) {
      throw uri.startsWith(SCHEME_OF_S3)
          ? new KnownIOException(
              ErrorKind.MISSING_LIBRARY,
              uri,
              "%s: buckets are read by io.swavbeam:swav-s3, which is not on the class path"
                  .formatted(uri),
              e)
          : new IOException(
              "%s: %s; give a path of this machine, or s3://bucket/name"
                  .formatted(uri, e.getMessage()),
              e);
    }
  }

  /** An operation on a file system. */
  @FunctionalInterface
  private interface Request<T> {
    T answer() throws IOException;
  }

  private <T> T asked(String uri, Request<T> request) throws IOException {
    try {
      return request.answer();
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw explained(uri, e);
    }
  }

  /**
   * Returns an error as one line that names the file.
   *
   * @throws StoreUnavailableException if the store has failed
   */
  IOException explained(String uri, Exception e) {
    IOException explained = new IOException("%s: %s".formatted(uri, line(e)), e);
    if (isOfTheStore(e)) {
      throw new StoreUnavailableException(Stores.store(uri), explained);
    }
    return explained;
  }

  /** Returns the message of an error of the file system, or a remedy. */
  protected String line(Exception e) {
    return RootCause.line(e);
  }

  /** Returns whether an error is temporary, and not an error of the file. */
  protected boolean isOfTheStore(Throwable e) {
    boolean network = false;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof FileNotFoundException) {
        return false;
      }
      network |= cause instanceof IOException;
    }
    return network;
  }
}
