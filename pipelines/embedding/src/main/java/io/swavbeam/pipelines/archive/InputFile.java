package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A file that the user gave directly or by a pattern.
 *
 * @param location the location of the file
 * @param name the path below the input folder
 * @param length the number of bytes
 * @param version a text that changes when the file is written again: its ETag in a bucket, else the
 *     time of its last change; empty if it is unknown
 * @param earlierLengths the lengths in bytes with which the same stream listed the file before;
 *     usually empty
 */
@Internal
@DefaultSchema(RecordSchema.class)
public record InputFile(
    Location location, String name, long length, String version, List<Long> earlierLengths)
    implements Serializable {

  public InputFile {
    earlierLengths = List.copyOf(earlierLengths);
  }

  /** Creates a file that is listed for the first time. */
  public InputFile(Location location, String name, long length, String version) {
    this(location, name, length, version, List.of());
  }

  /** Returns whether another instance has the same state of the file. */
  public boolean isSameVersion(InputFile other) {
    return length == other.length && version.equals(other.version);
  }

  /** Returns this file with the lengths of an earlier listing. */
  public InputFile after(InputFile listed) {
    return new InputFile(
        location,
        name,
        length,
        version,
        Stream.concat(listed.earlierLengths.stream(), Stream.of(listed.length)).toList());
  }
}
