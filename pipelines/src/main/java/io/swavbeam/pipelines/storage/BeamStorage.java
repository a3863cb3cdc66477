package io.swavbeam.pipelines.storage;

import io.swavbeam.pipelines.jvm.RootCause;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.util.MimeTypes;

/**
 * Buckets, and whatever else Beam has file systems for. Objects of S3 are looked at by their very
 * keys, because Beam takes a key for a pattern.
 */
final class BeamStorage implements Storage {
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
    return new LazilySeekingChannel(uri, seekable);
  }

  /**
   * The files that a pattern stands for; none is no error.
   *
   * @param pattern of Beam's kind: {@code *} stays in a folder, {@code **} does not
   */
  private static List<MatchResult.Metadata> match(String pattern) throws IOException {
    resource(pattern, false); // if it matches nothing that can be read, Beam's message is worse
    try {
      return FileSystems.match(pattern, EmptyMatchTreatment.ALLOW).metadata();
    } catch (IOException | RuntimeException e) {
      throw explained(pattern, e);
    }
  }

  @Override
  public boolean isFolder(String uri) throws IOException {
    String folder = folder(uri);
    try {
      return S3Objects.isIn(uri) && S3Objects.isAnyBelow(folder);
    } catch (RuntimeException e) {
      throw explained(uri, e);
    }
  }

  /** Objects of S3 come page by page, several prefixes in parallel, without keeping them. */
  @Override
  public void below(String prefix, FoundFile found) throws IOException {
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
  public Optional<FileStatus> status(String uri) throws IOException {
    if (uri.endsWith("/")) {
      throw new IOException("%s ends in a slash, as a folder does: rename the file".formatted(uri));
    }
    resource(uri, false); // if there is no such file system, Beam's message is worse
    try {
      if (S3Objects.isIn(uri)) {
        return S3Objects.status(uri);
      }
    } catch (RuntimeException e) {
      throw explained(uri, e);
    }
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

  /** In a bucket, the file appears when the channel is closed. */
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
    // Beam's own option looks for a pattern, which such a name may be.
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

  /** Objects of S3 are deleted a thousand with one request. */
  @Override
  public void delete(List<Location> locations) throws IOException {
    List<ResourceId> files = new ArrayList<>();
    List<Location> objects = new ArrayList<>();
    for (Location location : locations) {
      if (S3Objects.isIn(location.uri())) {
        objects.add(location);
      } else {
        files.add(resource(location.uri(), false));
      }
    }
    try {
      S3Objects.delete(objects);
      FileSystems.delete(files, StandardMoveOptions.IGNORE_MISSING_FILES);
    } catch (IOException | RuntimeException e) {
      throw explained(locations.get(0).uri(), e);
    }
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
   * A folder's name as files below it begin, with a slash at its end.
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
    IOException explained =
        new IOException("%s: %s".formatted(uri, S3Clients.explained(RootCause.line(e))), e);
    if (S3Clients.isOfTheStore(e)) {
      throw new StoreUnavailableException(Stores.store(uri), explained);
    }
    return explained;
  }
}
