package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A file that the user named, directly or by a pattern.
 *
 * @param location of the file
 * @param name path below the folder that the user gave
 * @param length in bytes
 * @param version a text that differs if the file was written again: its ETag in a bucket, else the
 *     time of its last change; empty if that is not known
 * @param earlierLengths lengths that the file had when the same stream listed it before, in bytes;
 *     usually none
 */
@Internal
@DefaultSchema(RecordSchema.class)
public record InputFile(
    Location location, String name, long length, String version, List<Long> earlierLengths)
    implements Serializable {

  public InputFile {
    earlierLengths = List.copyOf(earlierLengths);
  }

  /** A file that is listed for the first time. */
  public InputFile(Location location, String name, long length, String version) {
    this(location, name, length, version, List.of());
  }

  /** Returns whether this is the same state of the file. */
  public boolean isSameVersion(InputFile other) {
    return length == other.length && version.equals(other.version);
  }

  /** Returns this file, which was listed before in another state. */
  public InputFile after(InputFile listed) {
    return new InputFile(
        location,
        name,
        length,
        version,
        Stream.concat(listed.earlierLengths.stream(), Stream.of(listed.length)).toList());
  }
}
