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
 * Images that are embedded and written together: the unit of work. Big enough that a worker reads
 * forward and fills its batches, small enough that all workers have some.
 */
@Internal
@DefaultSchema(RecordSchema.class)
public sealed interface OutputShard extends Serializable {
  /** Images that make an output shard; an archive that is read from its beginning counts as one. */
  int MAX_SIZE = 1024;

  /** Images of an output shard of a small input at least, so that all workers have some of it. */
  int MIN_SIZE = 64;

  /** Images whose references travel with the shard. */
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
   * Images whose bytes travel with the shard.
   *
   * @param contents the bytes of each
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
   * Some of the images of a listing.
   *
   * @param listing where it is kept; its name is a digest of the files
   * @param first number of the first image
   * @param size how many they are
   * @param mayHoldArchives whether archives that are read from their beginning may be among them
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

  /** Images that have to be read. */
  static OutputShard of(List<? extends StoredRef> images) {
    return new Named(List.copyOf(images));
  }

  /**
   * The images.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  LoadedShard load() throws IOException;

  /** How many images there are; an archive that is read from its beginning counts as one. */
  long size();

  /** Whether archives that are read from their beginning may be among the images. */
  default boolean mayHoldArchives() {
    return false;
  }

  /**
   * The fingerprints of the files that the images are in; none where the images came without a
   * listing.
   *
   * @throws IOException in one line, if the listing cannot be read
   */
  default Fingerprints fingerprints() throws IOException {
    return Fingerprints.NONE;
  }

  /**
   * A digest of what the images are called, or of their place in a listing: equal output shards
   * have equal ids, in every attempt.
   */
  String id();
}
