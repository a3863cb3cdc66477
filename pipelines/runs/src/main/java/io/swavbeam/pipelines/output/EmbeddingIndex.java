package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An index of the sources and positions in the files of embeddings of a folder, from their footers.
 * It is one file, {@code _swav/index/files.index}, with about 150 bytes per file of embeddings. It
 * may be deleted, and is created again. Files that are not in the index are read.
 */
@Internal
public final class EmbeddingIndex {
  private static final String FOLDER = "index";

  /**
   * The name of the index. It is a Parquet file with another extension, because DuckDB's {@code
   * **}{@code /*.parquet} also searches this folder.
   */
  private static final String FILE = "files.index";

  private static final Comparator<String> UTF_8 =
      (a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b));

  private static final Schema SCHEMA =
      SchemaBuilder.record("file")
          .fields()
          .requiredString("file")
          .requiredLong("length")
          .requiredLong("rows")
          .requiredString("model")
          .requiredBoolean("fixed")
          .optionalInt("prototypes")
          .optionalString("first_source")
          .optionalString("last_source")
          .optionalLong("first_position")
          .optionalLong("last_position")
          .endRecord();

  /**
   * A file of embeddings.
   *
   * @param file the name of the file
   * @param length the number of bytes; a file with another length is read again
   * @param isFixed whether vectors are lists of a fixed size in Arrow's schema
   * @param firstSource the smallest source in the order of UTF-8; null if it is not in the footer
   */
  public record Entry(
      String file,
      long length,
      EmbeddingFiles.Summary summary,
      boolean isFixed,
      @Nullable String firstSource,
      @Nullable String lastSource,
      @Nullable Long firstPosition,
      @Nullable Long lastPosition) {
    /** Returns whether rows of some sources may be in the file. */
    boolean mayHold(Sources sources) {
      if (firstSource == null || lastSource == null) {
        return true;
      }
      if (UTF_8.compare(lastSource, sources.first()) < 0
          || UTF_8.compare(firstSource, sources.last()) > 0) {
        return false;
      }
      boolean sameSource =
          firstSource.equals(lastSource)
              && sources.first().equals(sources.last())
              && firstPosition != null
              && firstPosition != EmbeddingRow.UNKNOWN_POSITION
              && lastPosition != null;
      return !sameSource
          || (lastPosition >= sources.firstPosition() && firstPosition <= sources.lastPosition());
    }
  }

  /**
   * Ranges of sources and positions of images.
   *
   * @param first the smallest source in the order of UTF-8
   * @param firstPosition the smallest position in any source
   */
  record Sources(String first, String last, long firstPosition, long lastPosition) {
    /** Computes the ranges of images. */
    static final class Builder {
      private @Nullable String first;
      private @Nullable String last;
      private long firstPosition = Long.MAX_VALUE;
      private long lastPosition = Long.MIN_VALUE;

      void add(String source, long from, long to) {
        if (first == null || UTF_8.compare(source, first) < 0) {
          first = source;
        }
        if (last == null || UTF_8.compare(source, last) > 0) {
          last = source;
        }
        firstPosition = Math.min(firstPosition, from);
        lastPosition = Math.max(lastPosition, to);
      }

      @Nullable Sources build() {
        return first == null || last == null
            ? null
            : new Sources(first, last, firstPosition, lastPosition);
      }
    }
  }

  private final Folder folder;
  private final List<Entry> entries;
  private final Map<String, Entry> byName = new HashMap<>();

  // Sorted by the first source, with entries of unknown sources at the beginning. The second array
  // has the largest last source of all entries up to each one.
  private final Entry[] sorted;
  private final String[] greatest;

  EmbeddingIndex(Folder folder, List<Entry> entries) {
    this.folder = folder;
    this.entries = List.copyOf(entries);
    entries.forEach(entry -> byName.put(entry.file(), entry));
    sorted =
        entries.stream()
            .sorted(Comparator.comparing(Entry::firstSource, Comparator.nullsFirst(UTF_8)))
            .toArray(Entry[]::new);
    greatest = new String[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      String last = sorted[i].lastSource();
      String before = i == 0 ? null : greatest[i - 1];
      greatest[i] =
          last == null || (before != null && UTF_8.compare(before, last) > 0) ? before : last;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the index of a folder. Reads the footers of files that are not in the stored index. */
  public static EmbeddingIndex of(Folder folder) throws IOException {
    return read(folder, new boolean[1]);
  }

  /**
   * Returns the index of a folder, and stores it if it was incomplete. Must be called by one
   * process at a time, because the last call overwrites the others.
   */
  public static EmbeddingIndex update(Folder folder) throws IOException {
    boolean[] changed = new boolean[1];
    EmbeddingIndex index = read(folder, changed);
    if (changed[0]) {
      index.write();
    }
    return index;
  }

  private static EmbeddingIndex read(Folder folder, boolean[] changed) throws IOException {
    Map<String, Entry> known = known(in(folder).file(FILE));
    SortedMap<Location, Long> files = folder.lengths(EmbeddingFiles.SUFFIX);
    List<Entry> entries = new ArrayList<>();
    List<Location> others = new ArrayList<>();
    for (Location file : files.keySet()) {
      Entry entry = known.get(file.name());
      if (entry == null || entry.length() != files.get(file)) {
        others.add(file);
      } else {
        entries.add(entry);
      }
    }
    entries.addAll(IoExecutor.each(others, file -> EmbeddingFiles.indexed(file, files.get(file))));
    changed[0] = !others.isEmpty() || known.size() != files.size();
    return new EmbeddingIndex(folder, entries);
  }

  private static Map<String, Entry> known(Location index) throws IOException {
    Map<String, Entry> known = new HashMap<>();
    if (!Stores.exists(index)) {
      return known;
    }
    try (SeekableByteChannel channel = Stores.openWhole(index);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel)) {
      GenericRecord row;
      while ((row = reader.read()) != null) {
        Entry entry =
            new Entry(
                row.get("file").toString(),
                (long) row.get("length"),
                new EmbeddingFiles.Summary(
                    row.get("model").toString().intern(),
                    (Integer) row.get("prototypes"),
                    (long) row.get("rows")),
                (boolean) row.get("fixed"),
                EmbeddingRows.text(row.get("first_source")),
                EmbeddingRows.text(row.get("last_source")),
                (Long) row.get("first_position"),
                (Long) row.get("last_position"));
        known.put(entry.file(), entry);
      }
      return known;
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IOException(
          "%s is damaged: delete it, and it is created again".formatted(index), e);
    }
  }

  void write() throws IOException {
    Stores.write(in(folder).file(FILE), this::writeTo);
  }

  private void writeTo(WritableByteChannel out) throws IOException {
    try (ParquetWriter<GenericRecord> writer = ParquetFiles.writer(out, SCHEMA)) {
      for (Entry entry : entries) {
        writer.write(
            new GenericRecordBuilder(SCHEMA)
                .set("file", entry.file())
                .set("length", entry.length())
                .set("rows", entry.summary().rows())
                .set("model", entry.summary().model())
                .set("fixed", entry.isFixed())
                .set("prototypes", entry.summary().prototypes())
                .set("first_source", entry.firstSource())
                .set("last_source", entry.lastSource())
                .set("first_position", entry.firstPosition())
                .set("last_position", entry.lastPosition())
                .build());
      }
    }
  }

  private static Folder in(Folder embeddings) {
    return embeddings.metadata().folder(FOLDER);
  }

  /**
   * Returns whether new files have vectors as lists of a fixed size. This is the case if all other
   * files have, because some readers do not support a mixture.
   */
  boolean isFixed() {
    return entries.stream().allMatch(Entry::isFixed);
  }

  /** Returns the entry of a file by its name, or null. */
  @Nullable Entry entry(String file) {
    return byName.get(file);
  }

  /** Returns all entries. */
  public List<Entry> entries() {
    return entries;
  }

  /** Returns the ids of the models of the rows. */
  public Set<String> models() {
    return entries.stream()
        .map(entry -> entry.summary().model())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Returns the total number of rows. */
  public long rows() {
    return entries.stream().mapToLong(entry -> entry.summary().rows()).sum();
  }

  /**
   * Returns the largest position of the rows of a source; empty if there is no row.
   *
   * @throws IOException in one line, if a file cannot be read
   */
  public OptionalLong lastPosition(String source) throws IOException {
    Sources.Builder any = new Sources.Builder();
    any.add(source, 0, Long.MAX_VALUE);
    Set<Location> mayHold = Set.copyOf(mayHold(any.build()));
    List<Entry> latestFirst =
        entries.stream()
            .filter(entry -> mayHold.contains(folder.file(entry.file())))
            .sorted(
                Comparator.comparing(
                    Entry::lastPosition, Comparator.nullsFirst(Comparator.reverseOrder())))
            .toList();
    long last = -1;
    for (Entry entry : latestFirst) {
      if (entry.lastPosition() != null && entry.lastPosition() <= last) {
        break;
      }
      try (EmbeddingReader reader =
          EmbeddingReader.open(folder.file(entry.file()), EmbeddingRow.Column.KEYS)) {
        EmbeddingRow row;
        while ((row = reader.next()) != null) {
          last = source.equals(row.source) ? Math.max(last, row.position) : last;
        }
      }
    }
    return last < 0 ? OptionalLong.empty() : OptionalLong.of(last);
  }

  /** Returns the files that may have rows of some sources. */
  List<Location> mayHold(@Nullable Sources sources) {
    List<Location> files = new ArrayList<>();
    if (sources == null) {
      return files;
    }
    int i = 0;
    while (i < sorted.length && sorted[i].firstSource() == null) {
      files.add(folder.file(sorted[i++].file()));
    }
    // Iterates backwards from the last entry that begins early enough, until all earlier entries
    // end before the range.
    for (int last = lastNotAfter(sources.last()); last >= i; last--) {
      if (greatest[last] != null && UTF_8.compare(greatest[last], sources.first()) < 0) {
        break;
      }
      if (sorted[last].mayHold(sources)) {
        files.add(folder.file(sorted[last].file()));
      }
    }
    return files;
  }

  private int lastNotAfter(String source) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      String first = sorted[middle].firstSource();
      if (first == null || UTF_8.compare(first, source) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
