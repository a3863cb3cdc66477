package io.swavbeam.pipelines.storage;

import java.io.Serializable;
import java.nio.file.Path;
import org.apache.beam.sdk.io.fs.MatchResult;

/**
 * Where one file is. Never a pattern: what would have a meaning in one is part of the file's name.
 *
 * @param uri absolute path of this machine, or URI on another of Beam's file systems
 */
public record Location(String uri) implements Serializable, Comparable<Location> {
  /** A file by its path or URI. */
  public static Location of(String pathOrUri) {
    return new Location(Stores.absolute(pathOrUri));
  }

  /** A file of this machine. */
  public static Location of(Path path) {
    return new Location(path.toAbsolutePath().toString());
  }

  /** A file that Beam has found. */
  public static Location of(MatchResult.Metadata found) {
    return new Location(found.resourceId().toString());
  }

  /** Whether it is a file of this machine. */
  public boolean isLocal() {
    return Stores.isLocal(uri);
  }

  /** Its path, of a file of this machine. */
  public Path path() {
    return Stores.path(uri);
  }

  /** The last part of its path. */
  public String name() {
    return uri.substring(uri.lastIndexOf('/') + 1);
  }

  @Override
  public int compareTo(Location other) {
    return uri.compareTo(other.uri);
  }

  @Override
  public String toString() {
    return uri;
  }
}
