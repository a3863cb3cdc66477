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
 * The images of a group of files, in their order, read from where the listing is kept.
 *
 * @param location of the listing
 * @param images the images; an archive that has to be read from its beginning is one
 * @param notes what was noted beside them
 */
@Internal
public record Listing(Location location, ImageList images, Notes notes) implements AutoCloseable {
  /** Bytes of image files that are embedded and written together, about. */
  private static final long SHARD_BYTES = 128L << 20;

  /** Parts that a group of a small input is embedded in at most: for as many workers. */
  static final int SMALL_PARTS = 16;

  /** References to them, some 300 bytes each, are in memory while they are embedded. */
  private static final long MAX_SHARD_SIZE = 1 << 16;

  /**
   * What is noted beside the images.
   *
   * @param sidecars files and entries that stand beside images, by extension
   * @param images those that are listed one by one
   * @param blockBytes bytes of the first {@value OutputShard#MAX_SIZE} images, of the next, and so
   *     on
   * @param fingerprints of the files
   */
  public record Notes(
      Map<String, Long> sidecars, long images, List<Long> blockBytes, Fingerprints fingerprints) {}

  /** Reads what is noted beside the images of a listing. */
  static Notes notes(ImageList images, Location location) {
    return ConfigJson.read(images.notes(), Notes.class, location.uri());
  }

  /** Files and entries that stand beside images. */
  public SidecarCounts sidecars() {
    SidecarCounts counts = new SidecarCounts();
    counts.addAll(notes.sidecars());
    return counts;
  }

  /**
   * What is embedded and written together. It depends on the images alone: it has as many as the
   * group says, or a part of the archive that is as large as all other ones, but no more than some
   * bytes. A small input is in parts of equal size. What is in parts already keeps them.
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

  /** Adds up what is noted of the images, as they come. */
  static final class Tallied {
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
