package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.listing.Fingerprints;
import io.swavbeam.pipelines.listing.LoadedShard;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * The images that already have a row in a folder, for one output shard at a time. The index of the
 * folder returns the files that may contain rows of these images. Of these files, the columns that
 * identify images are read. Recently read rows are kept, up to a number of rows.
 *
 * <p>A worker reads the index when it starts, so no list of files is part of the job. Rows of the
 * same job need no check, because each image is in one output shard, whose file has a unique name.
 */
final class ProcessedImages {
  private static final SharedInstances<JobFolder, ProcessedImages> OPEN =
      new SharedInstances<>(ProcessedImages::of, images -> {});

  /** The text after {@code !/}, which separates an archive from an inner archive in a source. */
  private static final String AFTER_INNER_SOURCES = "!0";

  /** The largest number of rows in the cache, about 70 bytes each. */
  private static final long MAX_KEPT_ROWS = 500_000;

  /** The largest number of fingerprints in the cache, about 150 bytes each. */
  private static final long MAX_KEPT_FINGERPRINTS = 200_000;

  private final EmbeddingIndex index;
  private final EarlierTopics earlierTopics;
  private final Recent<Set<RowKey>> kept = new Recent<>(MAX_KEPT_ROWS, Set::size);
  private final Recent<Fingerprints> fingerprints =
      new Recent<>(MAX_KEPT_FINGERPRINTS, some -> some.byFile().size());

  private ProcessedImages(Folder folder) throws IOException {
    index = EmbeddingIndex.of(folder);
    earlierTopics = new EarlierTopics(folder, index);
  }

  private static ProcessedImages of(JobFolder job) {
    try {
      return now(job.folder());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The key includes the name of the job, so that another job in this process reads the index
   * again.
   */
  private record JobFolder(Folder folder, String job) {}

  /**
   * The keys of the rows of some files.
   *
   * @param ofEarlierTopics the topics of rows without ids of topics
   */
  record Rows(List<Set<RowKey>> files, EarlierTopics ofEarlierTopics) {
    boolean contain(InputRef image) {
      if (files.isEmpty() || image instanceof StreamedRef) {
        return false;
      }
      List<RowKey> keys = new ArrayList<>();
      keys.add(RowKey.of(image.source(), image.position()));
      keys.add(RowKey.of(image.source(), image.name()));
      ofEarlierTopics
          .source(image.source())
          .ifPresent(source -> keys.add(RowKey.of(source, image.position())));
      return files.stream().anyMatch(of -> keys.stream().anyMatch(of::contains));
    }
  }

  /** Reads the current state of a folder. */
  static ProcessedImages now(Folder folder) throws IOException {
    return new ProcessedImages(folder);
  }

  /** Returns the processed images of a folder, which the threads of a job share. */
  static SharedInstances<JobFolder, ProcessedImages>.Reference in(Folder folder, String job) {
    return OPEN.acquire(new JobFolder(folder, job));
  }

  /**
   * Returns the number of images of an output shard if each of them has a row, else 0. Uses only
   * the name of the file and its number of rows.
   */
  long wholeRows(OutputShard shard) {
    EmbeddingIndex.Entry file = index.entry(EmbeddingFiles.name(shard.id()));
    boolean isWhole =
        file != null && !shard.mayHoldArchives() && file.summary().rows() == shard.size();
    return isWhole ? shard.size() : 0;
  }

  /** Returns whether an embedding has a row already. */
  boolean hold(Embedding embedding) throws IOException {
    InputRef image = new BytesRef(embedding.source(), embedding.position(), 0, embedding.name());
    return rowsOf(List.of(image)).contain(image);
  }

  /** Returns whether new files have vectors as lists of a fixed size. */
  boolean isFixed() {
    return index.isFixed();
  }

  /** Returns the rows that may belong to some images. */
  Rows rowsOf(List<? extends InputRef> images) throws IOException {
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    for (InputRef image : images) {
      if (image instanceof StreamedRef) {
        // The images in the archive, and those of inner archives.
        sources.add(image.source(), 0, Long.MAX_VALUE);
        sources.add(image.source() + AFTER_INNER_SOURCES, 0, Long.MAX_VALUE);
      } else {
        sources.add(image.source(), image.position(), image.position());
      }
    }
    Set<Location> mayHold = new LinkedHashSet<>(index.mayHold(sources.build()));
    mayHold.addAll(index.mayHold(earlierTopics.sources(images).build()));
    List<Set<RowKey>> files = new ArrayList<>();
    for (Location file : mayHold) {
      files.add(keys(file));
    }
    return new Rows(files, earlierTopics);
  }

  /**
   * Returns the files of an output shard whose content has changed since images in them were
   * embedded. A changed file of a single image without a row is not reported: the image was a dead
   * letter, and may have been repaired.
   *
   * @param now the fingerprints of the files
   * @return the URIs of the files
   */
  Set<String> changedFiles(LoadedShard shard, Fingerprints now) throws IOException {
    Map<String, InputRef> files = new LinkedHashMap<>();
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    for (InputRef image : shard.images()) {
      // An image with its bytes is in no file.
      String file = image instanceof StoredRef stored ? stored.file().uri() : null;
      if (file != null && files.putIfAbsent(file, image) == null) {
        // The images of the file, and those of inner archives.
        sources.add(file, 0, Long.MAX_VALUE);
        sources.add(file + AFTER_INNER_SOURCES, 0, Long.MAX_VALUE);
      }
    }
    Set<String> changed = new HashSet<>();
    for (Location embeddings : index.mayHold(sources.build())) {
      Fingerprints then = fingerprints(embeddings);
      for (Map.Entry<String, InputRef> entry : files.entrySet()) {
        String file = entry.getKey();
        boolean isArchive = Formats.isArchive(file);
        if (!now.agree(then, file, isArchive, Formats.isWrapper(file))
            && (isArchive || hasRow(entry.getValue(), embeddings))) {
          changed.add(file);
        }
      }
    }
    return changed;
  }

  private boolean hasRow(InputRef image, Location embeddings) throws IOException {
    return new Rows(List.of(keys(embeddings)), earlierTopics).contain(image);
  }

  private Fingerprints fingerprints(Location file) throws IOException {
    return fingerprints.get(file, EmbeddingFiles::fingerprints);
  }

  private Set<RowKey> keys(Location file) throws IOException {
    return kept.get(file, ProcessedImages::read);
  }

  /** A cache of the rows of files, with a limited number of entries. */
  private static final class Recent<T> {
    private final Map<Location, T> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final ToIntFunction<T> size;
    private final long most;
    private long entries;

    Recent(long most, ToIntFunction<T> size) {
      this.most = most;
      this.size = size;
    }

    synchronized T get(Location file, IoExecutor.Request<T> reader) throws IOException {
      T known = kept.get(file);
      if (known == null) {
        known = reader.answer(file);
        kept.put(file, known);
        entries += size.applyAsInt(known);
        Iterator<T> eldest = kept.values().iterator();
        while (entries > most && kept.size() > 1) {
          entries -= size.applyAsInt(eldest.next());
          eldest.remove();
        }
      }
      return known;
    }
  }

  /** Returns the keys of the rows of a file. */
  static Set<RowKey> read(Location file) throws IOException {
    Set<RowKey> keys = new HashSet<>();
    try (EmbeddingReader reader = EmbeddingReader.open(file, EmbeddingRow.Column.KEYS)) {
      EmbeddingRow row;
      while ((row = reader.next()) != null) {
        keys.add(
            row.position == EmbeddingRow.UNKNOWN_POSITION
                ? RowKey.of(row.source, row.name)
                : RowKey.of(row.source, row.position));
      }
    }
    return keys;
  }
}
