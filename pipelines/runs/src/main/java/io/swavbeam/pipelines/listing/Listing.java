package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.beam.sdk.annotations.Internal;

/**
 * The images of a group of files in order, read from a kept listing.
 *
 * @param location the location of the listing
 * @param images the images; an archive that is read from its beginning is one of them
 * @param notes the notes of the listing
 */
@Internal
public record Listing(Location location, ImageList images, Notes notes) implements AutoCloseable {
  /** The approximate number of bytes of image files that are embedded and written together. */
  private static final long SHARD_BYTES = 128L << 20;

  /** The largest number of parts of a group of a small input, for as many workers. */
  static final int SMALL_PARTS = 16;

  /**
   * The largest number of images of an output shard. Their references, about 300 bytes each, are in
   * memory.
   */
  private static final long MAX_SHARD_SIZE = 1 << 16;

  /**
   * The notes of a listing.
   *
   * @param sidecars the number of files and entries beside images, by extension
   * @param images the number of images that are listed individually
   * @param blockBytes the number of bytes of each {@value OutputShard#MAX_SIZE} consecutive images
   * @param fingerprints the fingerprints of the files
   */
  public record Notes(
      Map<String, Long> sidecars, long images, List<Long> blockBytes, Fingerprints fingerprints) {}

  /** Reads the notes of a listing. */
  static Notes notes(ImageList images, Location location) {
    return ConfigJson.read(images.notes(), Notes.class, location.uri());
  }

  /** Returns the files and entries beside images. */
  public SidecarCounts sidecars() {
    SidecarCounts counts = new SidecarCounts();
    counts.addAll(notes.sidecars());
    return counts;
  }

  /**
   * Returns the output shards. They depend only on the images. A shard has at least as many images
   * as the group says, or an equal part of the archive, up to a number of bytes. A small input is
   * divided equally. Parts of a Parquet file stay separate shards.
   */
  public List<OutputShard> shards(InputGroup group) {
    if (Formats.isInParts(group.firstFile())) {
      return LongStream.range(0, images.size())
          .mapToObj(part -> (OutputShard) new OutputShard.Listed(location, part, 1, true))
          .toList();
    }
    boolean sequential = notes.images() < images.size();
    List<OutputShard> shards = new ArrayList<>();
    if (group.shardSize() < OutputShard.MAX_SIZE
        && images.size() <= (long) SMALL_PARTS * OutputShard.MAX_SIZE) {
      long parts =
          Math.min(SMALL_PARTS, (images.size() + group.shardSize() - 1) / group.shardSize());
      for (long part = 0; part < parts; part++) {
        long begin = part * images.size() / parts;
        long end = (part + 1) * images.size() / parts;
        shards.add(new OutputShard.Listed(location, begin, end - begin, sequential));
      }
      return shards;
    }
    long size = Math.max(group.shardSize(), images.size() / FoundFiles.PARTS);
    long first = 0;
    long bytes = 0;
    for (int block = 0; block < notes.blockBytes().size(); block++) {
      bytes += notes.blockBytes().get(block);
      long end = Math.min(images.size(), (block + 1L) * OutputShard.MAX_SIZE);
      boolean full = end - first >= size || bytes >= SHARD_BYTES || end - first >= MAX_SHARD_SIZE;
      if (full || end == images.size()) {
        shards.add(new OutputShard.Listed(location, first, end - first, sequential));
        first = end;
        bytes = 0;
      }
    }
    return shards;
  }

  @Override
  public void close() throws IOException {
    images.close();
  }

  /** Computes the notes while images are added. */
  static final class NotesBuilder {
    private final List<Long> blocks = new ArrayList<>();
    private long bytes;
    private int count;
    private long images;

    void add(StoredRef image) {
      images += image instanceof StreamedRef ? 0 : 1;
      bytes += image.length();
      count++;
      if (count == OutputShard.MAX_SIZE) {
        end();
      }
    }

    Notes finish(SidecarCounts sidecars, Fingerprints fingerprints) {
      if (count > 0) {
        end();
      }
      return new Notes(sidecars.byExtension(), images, List.copyOf(blocks), fingerprints);
    }

    private void end() {
      blocks.add(bytes);
      bytes = 0;
      count = 0;
    }
  }
}
