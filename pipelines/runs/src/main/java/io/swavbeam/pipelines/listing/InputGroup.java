package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Files that are listed together: one archive, or single images, which alone would be too little.
 *
 * @param id a digest of the files: equal groups have equal ids, in every attempt, and another where
 *     a file was written again
 * @param firstFile URI of the first file
 * @param files in order, unless they are in a range
 * @param range where the files are noted, or null
 * @param shardSize images of an output shard at least
 */
@DefaultSchema(RecordSchema.class)
@Internal
public record InputGroup(
    String id, String firstFile, List<InputFile> files, @Nullable Range range, int shardSize)
    implements Serializable {
  private static final int ID_LENGTH = 24;

  /**
   * Some of the files that are noted in a {@link RecordFile}.
   *
   * @param list the file of files
   * @param first number of the first one
   */
  public record Range(Location list, long first, long count) implements Serializable {}

  public InputGroup {
    files = List.copyOf(files);
  }

  /**
   * Files that travel with the group.
   *
   * @param files one at least
   */
  public static InputGroup of(List<InputFile> files) {
    return of(files, OutputShard.MAX_SIZE);
  }

  static InputGroup of(List<InputFile> files, int shardSize) {
    Digest digest = new Digest();
    files.forEach(file -> add(file, digest));
    return new InputGroup(id(digest), files.get(0).location().uri(), files, null, shardSize);
  }

  static void add(InputFile file, Digest digest) {
    digest.add(file.location().uri()).add("\0").add(file.version()).add("\0").add(file.length());
  }

  static String id(Digest digest) {
    return digest.hex(ID_LENGTH);
  }

  /** Whether files of this machine are among them. In order, these come before those of stores. */
  boolean hasLocalFiles() {
    return new Location(firstFile).isLocal();
  }

  /** The files, read if they are in a range. */
  public List<InputFile> load() throws IOException {
    if (range == null) {
      return files;
    }
    List<InputFile> read = new ArrayList<>();
    try (RecordFile list = RecordFile.open(range.list())) {
      for (long i = range.first(); i < range.first() + range.count(); i++) {
        read.add(
            list.get(
                i,
                fields ->
                    new InputFile(
                        new Location(fields.readString()),
                        fields.readString(),
                        fields.readLong(),
                        fields.readString())));
      }
    }
    return read;
  }
}
