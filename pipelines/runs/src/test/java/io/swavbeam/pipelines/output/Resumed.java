package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.listing.LoadedShard;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;

/** The processed images of a folder, for embeddings that do not exist on disk. */
public record Resumed(SharedInstances<?, ProcessedImages>.Reference processed)
    implements AutoCloseable {
  /** Writes the index of finished output shards without writing rows. */
  public static void write(Folder folder, List<OutputShard> done) throws IOException {
    List<EmbeddingIndex.Entry> entries = new ArrayList<>();
    for (OutputShard each : done) {
      OutputShard.Listed shard = (OutputShard.Listed) each;
      String name = EmbeddingFiles.name(shard.id());
      Files.createDirectories(Path.of(folder.path()));
      Files.createFile(Path.of(folder.path(), name));
      long count = shard.size();
      List<Long> positions = new ArrayList<>();
      String source;
      try (ImageList listing = ImageList.open(shard.listing())) {
        StoredRef first = listing.iterator(shard.first(), 1).next();
        source = first.source();
        positions.add(first.position());
        positions.add(listing.iterator(shard.first() + count - 1, 1).next().position());
      }
      entries.add(
          new EmbeddingIndex.Entry(
              name,
              0,
              new EmbeddingFiles.Summary("swav-any", 0, count),
              true,
              source,
              source,
              positions.get(0),
              positions.get(1)));
    }
    new EmbeddingIndex(folder, entries).write();
  }

  /** Reads the index of a folder. */
  public static Resumed of(Folder folder) {
    return new Resumed(ProcessedImages.in(folder, UUID.randomUUID().toString()));
  }

  /** Returns whether each image of an output shard has a row. */
  public boolean isWhole(OutputShard shard) {
    return processed.get().wholeRows(shard) > 0;
  }

  /** Returns the images of an output shard without a row. */
  public Predicate<InputRef> wantedOf(LoadedShard loaded) throws IOException {
    ProcessedImages.Rows rows = processed.get().rowsOf(loaded.images());
    return image -> !rows.contain(image);
  }

  @Override
  public void close() {
    processed.close();
  }
}
