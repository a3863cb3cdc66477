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
 * Files that are listed together: one archive, or many single images.
 *
 * @param id a digest of the files; equal groups have equal ids, and a changed file gives another id
 * @param firstFile the URI of the first file
 * @param files the files in order; empty if they are in a range
 * @param range the range with the files, or null
 * @param shardSize the smallest number of images of an output shard
 */
@DefaultSchema(RecordSchema.class)
@Internal
public record InputGroup(
    String id, String firstFile, List<InputFile> files, @Nullable Range range, int shardSize)
    implements Serializable {
  private static final int ID_LENGTH = 24;

  /**
   * A range of files in a {@link RecordFile}.
   *
   * @param list the record file
   * @param first the number of the first file
   */
  public record Range(Location list, long first, long count) implements Serializable {}

  public InputGroup {
    files = List.copyOf(files);
  }

  /**
   * Creates a group with its files.
   *
   * @param files at least one file
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

  /** Returns whether there are local files. In order, they precede files of stores. */
  boolean hasLocalFiles() {
    return new Location(firstFile).isLocal();
  }

  /** Returns the files. Reads them if they are in a range. */
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
