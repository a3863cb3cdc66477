package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Images that are embedded and written together: a unit of work. It is large enough for sequential
 * reads and full batches, and small enough that all workers have some.
 */
@Internal
@DefaultSchema(RecordSchema.class)
public sealed interface OutputShard extends Serializable {
  /**
   * The number of images of an output shard. An archive that is read from its beginning counts as
   * one.
   */
  int MAX_SIZE = 1024;

  /** The smallest number of images of an output shard of a small input. */
  int MIN_SIZE = 64;

  /** Images whose references are in the shard. */
  @DefaultSchema(RecordSchema.class)
  record Named(List<StoredRef> images) implements OutputShard {
    public Named {
      images = List.copyOf(images);
    }

    @Override
    public LoadedShard load() {
      return new LoadedShard(images, List.of());
    }

    @Override
    public String id() {
      return load().id();
    }

    @Override
    public long size() {
      return images.size();
    }

    @Override
    public boolean mayHoldArchives() {
      return images.stream().anyMatch(StreamedRef.class::isInstance);
    }
  }

  /**
   * Images whose bytes are in the shard.
   *
   * @param contents the bytes of each image
   */
  @DefaultSchema(RecordSchema.class)
  record Received(List<BytesRef> images, List<byte[]> contents) implements OutputShard {
    public Received {
      images = List.copyOf(images);
      contents = List.copyOf(contents);
    }

    @Override
    public LoadedShard load() {
      return new LoadedShard(images, contents);
    }

    @Override
    public String id() {
      return load().id();
    }

    @Override
    public long size() {
      return images.size();
    }
  }

  /**
   * Images of a listing.
   *
   * @param listing the location of the listing; its name is a digest of the files
   * @param first the number of the first image
   * @param size the number of images
   * @param mayHoldArchives whether archives that are read from their beginning may be among the
   *     images
   */
  @DefaultSchema(RecordSchema.class)
  record Listed(Location listing, long first, long size, boolean mayHoldArchives)
      implements OutputShard {
    @Override
    public LoadedShard load() throws IOException {
      List<InputRef> images = new ArrayList<>();
      try (ImageList list = ImageList.open(listing)) {
        list.iterator(first, size).forEachRemaining(images::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      return new LoadedShard(images, List.of());
    }

    @Override
    public Fingerprints fingerprints() throws IOException {
      try (ImageList list = ImageList.open(listing)) {
        return Listing.notes(list, listing).fingerprints();
      }
    }

    @Override
    public String id() {
      return new Digest()
          .add(listing.name() + "\0")
          .add(first)
          .add(size)
          .hex(LoadedShard.ID_LENGTH);
    }
  }

  /** Creates a shard of images that are read by their references. */
  static OutputShard of(List<? extends StoredRef> images) {
    return new Named(List.copyOf(images));
  }

  /**
   * Returns the images.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  LoadedShard load() throws IOException;

  /** Returns the number of images. An archive that is read from its beginning counts as one. */
  long size();

  /** Returns whether archives that are read from their beginning may be among the images. */
  default boolean mayHoldArchives() {
    return false;
  }

  /**
   * Returns the fingerprints of the files of the images; none if there is no listing.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  default Fingerprints fingerprints() throws IOException {
    return Fingerprints.NONE;
  }

  /**
   * Returns a digest of the names of the images, or of their place in a listing. Equal output
   * shards have equal ids in every attempt.
   */
  String id();
}
