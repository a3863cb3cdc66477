package io.swavbeam.pipelines.storage;

import java.io.Serializable;
import java.nio.file.Path;
import org.apache.beam.sdk.io.fs.MatchResult;

/**
 * The location of one file. It is never a pattern: asterisks and brackets are part of the name.
 *
 * @param uri an absolute path of this machine, or a URI of one of Beam's file systems
 */
public record Location(String uri) implements Serializable, Comparable<Location> {
  /** Creates a location from a path or URI. */
  public static Location of(String pathOrUri) {
    return new Location(Stores.absolute(pathOrUri));
  }

  /** Creates the location of a file of this machine. */
  public static Location of(Path path) {
    return new Location(path.toAbsolutePath().toString());
  }

  /** Creates the location of a file that Beam has found. */
  public static Location of(MatchResult.Metadata found) {
    return new Location(found.resourceId().toString());
  }

  /** Returns whether it is a file of this machine. */
  public boolean isLocal() {
    return Stores.isLocal(uri);
  }

  /** Returns the path of a file of this machine. */
  public Path path() {
    return Stores.path(uri);
  }

  /** Returns the last part of the path. */
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
