package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Images that are embedded and written together: the unit of work. Big enough that a worker reads
 * forward and fills its batches, small enough that all workers have some.
 *
 * @param images in order; none where they are in a range: {@link #load} reads them
 * @param contents their bytes, where they came with their names; else empty
 * @param range of a listing that holds the images, or null
 */
@DefaultSchema(RecordSchema.class)
public record OutputShard(List<ImageRef> images, List<byte[]> contents, @Nullable Range range)
    implements Serializable {
  /** Images that make an output shard; a reference to a sequential archive counts as one. */
  public static final int MAX_SIZE = 1024;

  private static final int ID_LENGTH = 24;

  /**
   * Some of the images of a listing.
   *
   * @param listing where it is kept
   * @param first number of the first image
   * @param sequential whether there may be archives among them that have to be read from their
   *     beginning
   */
  public record Range(Location listing, long first, long count, boolean sequential)
      implements Serializable {}

  public OutputShard {
    images = List.copyOf(images);
    contents = List.copyOf(contents);
  }

  /** Images, and their bytes. */
  public OutputShard(List<ImageRef> images, List<byte[]> contents) {
    this(images, contents, null);
  }

  /** Images that have to be read. */
  public static OutputShard of(List<ImageRef> images) {
    return new OutputShard(images, List.of());
  }

  /** Images that a listing names. */
  public static OutputShard of(Range range) {
    return new OutputShard(List.of(), List.of(), range);
  }

  /**
   * The same with its images, read if they are in a range.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  public OutputShard load() throws IOException {
    if (range == null) {
      return this;
    }
    List<ImageRef> read = new ArrayList<>();
    try (ImageList listing = ImageList.open(range.listing())) {
      listing.iterator(range.first(), range.count()).forEachRemaining(read::add);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return of(read);
  }

  /**
   * The fingerprints of the files that the images are in; none where the images came without a
   * listing.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  public Fingerprints fingerprints() throws IOException {
    if (range == null) {
      return Fingerprints.NONE;
    }
    try (ImageList listing = ImageList.open(range.listing())) {
      return Listing.notes(listing, range.listing()).fingerprints();
    }
  }

  /** Without some of the images, which are loaded. */
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
   * A digest of what the images are called, or of the range: equal output shards have equal ids, in
   * every attempt. The name of a listing is a digest of the files itself.
   */
  public String id() {
    Digest digest = new Digest();
    if (range != null) {
      return digest
          .add(range.listing().name())
          .add("\0")
          .add(range.first())
          .add(range.count())
          .hex(ID_LENGTH);
    }
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
