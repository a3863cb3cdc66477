package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Images that are embedded and written together: the unit of work. Big enough that a worker reads
 * forward and fills its batches, small enough that all workers have some.
 *
 * @param images in order
 * @param contents their bytes, where they came with their names; else empty
 */
@DefaultSchema(RecordSchema.class)
public record OutputShard(List<ImageRef> images, List<byte[]> contents) implements Serializable {
  /** Images in an output shard at most; a reference to a sequential archive counts as one. */
  public static final int MAX_SIZE = 1024;

  private static final int ID_LENGTH = 24;

  public OutputShard {
    images = List.copyOf(images);
    contents = List.copyOf(contents);
  }

  /** Images that have to be read. */
  public static OutputShard of(List<ImageRef> images) {
    return new OutputShard(images, List.of());
  }

  /** Without some of the images. */
  public OutputShard filter(Predicate<ImageRef> wanted) {
    List<ImageRef> images = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < this.images.size(); i++) {
      if (wanted.test(this.images.get(i))) {
        images.add(this.images.get(i));
        if (!this.contents.isEmpty()) {
          contents.add(this.contents.get(i));
        }
      }
    }
    return new OutputShard(images, contents);
  }

  /**
   * A digest of what the images are called: equal output shards have equal ids, in every attempt.
   */
  public String id() {
    Digest digest = new Digest();
    for (ImageRef image : images) {
      // A mark between texts, so that their border counts.
      digest
          .add(image.source())
          .add("\0")
          .add(image.name())
          .add(image.offset())
          .add(image.length())
          .add(image.position());
    }
    return digest.hex(ID_LENGTH);
  }
}
