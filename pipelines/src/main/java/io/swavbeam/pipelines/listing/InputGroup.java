package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Files that are listed together: one archive, or single images, which alone would be too little.
 *
 * @param files in order
 */
@DefaultSchema(RecordSchema.class)
@Internal
public record InputGroup(List<InputFile> files) implements Serializable {
  private static final int ID_LENGTH = 24;

  public InputGroup {
    files = List.copyOf(files);
  }

  /** A digest of the files: equal groups have equal ids, in every attempt. */
  public String id() {
    Digest digest = new Digest();
    files.forEach(file -> digest.add(file.location().uri()).add("\0").add(file.length()));
    return digest.hex(ID_LENGTH);
  }

  /** Groups files: the same files in the same order give the same groups. */
  public static List<InputGroup> of(List<InputFile> files) {
    List<InputGroup> groups = new ArrayList<>();
    List<InputFile> single = new ArrayList<>();
    for (InputFile file : files) {
      if (!Archives.isArchive(file.location().uri())) {
        single.add(file);
        if (single.size() == OutputShard.MAX_SIZE) {
          groups.add(new InputGroup(single));
          single.clear();
        }
      } else {
        groups.add(new InputGroup(List.of(file)));
      }
    }
    if (!single.isEmpty()) {
      groups.add(new InputGroup(single));
    }
    return groups;
  }
}
