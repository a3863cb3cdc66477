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
 * The images whose rows a folder holds already, for one output shard at a time: the index of the
 * folder says which files may have some of its images, and of these the columns that tell images
 * apart are read. What was read last is kept, up to a number of rows.
 *
 * <p>A worker looks at the folder when it starts, so that no list of files travels with the job.
 * What the job itself writes needs no looking at: each image is in one output shard, whose file has
 * its name.
 */
final class ProcessedImages {
  private static final SharedInstances<JobFolder, ProcessedImages> OPEN =
      new SharedInstances<>(ProcessedImages::of, images -> {});

  /** Behind {@code !/}, with which a source goes on to an archive in it. */
  private static final String AFTER_INNER_SOURCES = "!0";

  /** Some 70 bytes each. */
  private static final long MAX_KEPT_ROWS = 500_000;

  /** Some 150 bytes each. */
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

  /** The job's name, so that another job in this process looks again. */
  private record JobFolder(Folder folder, String job) {}

  /**
   * The rows of some files.
   *
   * @param ofEarlierTopics those of messages whose version noted no id of their topic
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

  /** Returns what a folder holds now. */
  static ProcessedImages now(Folder folder) throws IOException {
    return new ProcessedImages(folder);
  }

  /** Returns the processed images of a folder: one instance for all threads of a job. */
  static SharedInstances<JobFolder, ProcessedImages>.Reference in(Folder folder, String job) {
    return OPEN.acquire(new JobFolder(folder, job));
  }

  /**
   * How many images an output shard has, if each has its row: the name of a file and its rows tell,
   * and the images need not be loaded. Else 0.
   */
  long wholeRows(OutputShard shard) {
    EmbeddingIndex.Entry file = index.entry(EmbeddingFiles.name(shard.id()));
    boolean isWhole =
        file != null && !shard.mayHoldArchives() && file.summary().rows() == shard.size();
    return isWhole ? shard.size() : 0;
  }

  /** Whether an embedding has its row already. */
  boolean hold(Embedding embedding) throws IOException {
    InputRef image = new BytesRef(embedding.source(), embedding.position(), 0, embedding.name());
    return rowsOf(List.of(image)).contain(image);
  }

  /** Whether new files are to have vectors as lists of a fixed size. */
  boolean isFixed() {
    return index.isFixed();
  }

  /** The rows that may be of some images. */
  Rows rowsOf(List<? extends InputRef> images) throws IOException {
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    for (InputRef image : images) {
      if (image instanceof StreamedRef) {
        // The images in it, and those of archives in it.
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
   * The files of an output shard that hold other bytes than when images of theirs were embedded
   * into the folder. A single image that has no row was a dead letter, and may be mended.
   *
   * @param now fingerprints of its files
   * @return their URIs
   */
  Set<String> changedFiles(LoadedShard shard, Fingerprints now) throws IOException {
    Map<String, InputRef> files = new LinkedHashMap<>();
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    for (InputRef image : shard.images()) {
      // An image that comes with its bytes is in no file.
      String file = image instanceof StoredRef stored ? stored.file().uri() : null;
      if (file != null && files.putIfAbsent(file, image) == null) {
        // Images of the file, and those of archives in it.
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
