package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.listing.Fingerprints;
import io.swavbeam.pipelines.output.EmbeddingRow.Column;
import io.swavbeam.pipelines.parquet.ArrowSchema;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetWriter;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader and writer of embeddings in Parquet files, as {@link WriteEmbeddings} and {@code
 * EmbeddingRun} write them to a folder.
 */
public final class EmbeddingFiles {
  /** Keys of the notes in the footer of a file. */
  private static final String MODEL = "swav.model";

  private static final String FORMAT = "swav.format";
  private static final String PROTOTYPES = "swav.prototypes";
  private static final String DECODING = "swav.decoding";
  private static final String FINGERPRINTS = "swav.fingerprints";
  private static final String VECTORS = "swav.vectors";
  private static final String FIXED = "fixed";

  /**
   * The version of the columns. In version 1, {@code projection}, {@code cluster} and {@code
   * cluster_probability} were never null, and {@code position} could be missing. Up to version 2,
   * other files of the folder were beside these files.
   */
  private static final int CURRENT_FORMAT = 3;

  /** The end of the names of the files. */
  static final String SUFFIX = ".parquet";

  private EmbeddingFiles() {}

  /**
   * The content of a file.
   *
   * @param model id of the model of its rows
   * @param prototypes number of prototypes of that model; null if another tool wrote the file
   * @param rows number of rows
   */
  public record Summary(String model, @Nullable Integer prototypes, long rows) {}

  /** Returns the name of the file of an output shard. */
  static String name(String shard) {
    return "embeddings-%s.parquet".formatted(shard);
  }

  /** A writer of one file. */
  public static final class Writer implements AutoCloseable {
    private final WritableByteChannel channel;
    private final Map<String, String> notes = new HashMap<>();
    private final boolean isFixed;
    private @Nullable ParquetWriter<GenericRecord> rows;

    /**
     * Creates a writer of images whose fingerprints are not known.
     *
     * @param channel the file; closed with this writer
     * @param model the model of the rows
     */
    public Writer(WritableByteChannel channel, ModelDescription model) throws IOException {
      this(channel, model, Fingerprints.NONE, true);
    }

    /**
     * @param channel the file; closed with this writer
     * @param model the model of the rows
     * @param fingerprints fingerprints of the files that hold the images, as far as they are known
     * @param isFixed whether vectors are lists of a fixed size in Arrow's schema; false if other
     *     files of the folder have lists of any size
     */
    Writer(
        WritableByteChannel channel,
        ModelDescription model,
        Fingerprints fingerprints,
        boolean isFixed) {
      this.channel = channel;
      this.isFixed = isFixed;
      notes.put(FORMAT, Integer.toString(CURRENT_FORMAT));
      notes.put(MODEL, model.id());
      notes.put(PROTOTYPES, Integer.toString(model.prototypes()));
      notes.put(DECODING, model.decoding().toString());
      notes.put(FINGERPRINTS, ConfigJson.write(fingerprints));
    }

    /** Writes a row. */
    public void write(Embedding embedding) throws IOException {
      if (rows == null && isFixed) {
        notes.put(VECTORS, FIXED);
        notes.put(ArrowSchema.NOTE, EmbeddingRows.arrow(embedding).toNote());
      }
      rows().write(EmbeddingRows.toRow(embedding));
    }

    private ParquetWriter<GenericRecord> rows() throws IOException {
      if (rows == null) {
        rows = ParquetFiles.writer(channel, EmbeddingRows.SCHEMA, notes);
      }
      return rows;
    }

    @Override
    public void close() throws IOException {
      rows().close();
    }
  }

  /**
   * Reads all embeddings, in the order of the files, one at a time.
   *
   * @throws IOException in one line, if there are none or a file is damaged
   */
  public static void read(Folder folder, Consumer<Embedding> consumer) throws IOException {
    readFiles(existing(folder), consumer);
  }

  /**
   * Reads the embeddings of some files, in their order, one at a time.
   *
   * @throws IOException in one line, if a file is damaged
   */
  public static void readFiles(List<Location> files, Consumer<Embedding> consumer)
      throws IOException {
    try {
      IoExecutor.each(
          files, file -> new Opened(file, Stores.openWhole(file)), file -> file.read(consumer));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** An open file, of which nothing is read yet. */
  private record Opened(Location file, SeekableByteChannel channel) {
    void read(Consumer<Embedding> consumer) {
      try (EmbeddingReader reader = new EmbeddingReader(file, Column.ALL, channel)) {
        EmbeddingRow row;
        while ((row = reader.next()) != null) {
          consumer.accept(row.toEmbedding());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Returns the contents of files.
   *
   * @throws IOException in one line, if one is damaged
   */
  public static List<Summary> summaries(List<Location> files) throws IOException {
    return IoExecutor.each(files, EmbeddingFiles::summary);
  }

  private static Summary summary(Location file) throws IOException {
    return indexed(file, 0).summary();
  }

  /** Returns the entry of a file in the index, from the footer of the file. */
  static EmbeddingIndex.Entry indexed(Location file, long length) throws IOException {
    ParquetFiles.Footer footer;
    try (SeekableByteChannel channel = Stores.open(file)) {
      footer = ParquetFiles.footer(channel);
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw damaged(file, e);
    }
    String format = footer.notes().get(FORMAT);
    if (format != null && Integer.parseInt(format) > CURRENT_FORMAT) {
      throw new IOException(
          "%s has format %s, and this version supports formats up to %d: read it with the version of swav that wrote it"
              .formatted(file, format, CURRENT_FORMAT));
    }
    String model = footer.notes().get(MODEL);
    String prototypes = footer.notes().get(PROTOTYPES);
    Summary summary =
        new Summary(
            model == null ? firstModel(file) : model,
            prototypes == null ? null : Integer.valueOf(prototypes),
            footer.rows());
    ParquetFiles.Bounds sources = footer.bounds().get("source");
    ParquetFiles.Bounds positions = footer.bounds().get("position");
    return new EmbeddingIndex.Entry(
        file.name(),
        length,
        summary,
        FIXED.equals(footer.notes().get(VECTORS)),
        sources == null ? null : (String) sources.least(),
        sources == null ? null : (String) sources.greatest(),
        positions == null ? null : (Long) positions.least(),
        positions == null ? null : (Long) positions.greatest());
  }

  /**
   * Returns the model of the first row, because other tools that rewrite the file drop the notes.
   */
  private static String firstModel(Location file) throws IOException {
    try (EmbeddingReader reader = EmbeddingReader.open(file, EnumSet.of(Column.MODEL))) {
      EmbeddingRow first = reader.next();
      return first == null ? "" : first.model;
    }
  }

  private static IOException damaged(Location file, RuntimeException e) {
    return new IOException(
        "%s is damaged, or not a file of embeddings: %s".formatted(file, RootCause.line(e)), e);
  }

  /**
   * Returns the fingerprints of the files that hold the images of a file; none if another tool or
   * an earlier version wrote it.
   */
  static Fingerprints fingerprints(Location file) throws IOException {
    try (SeekableByteChannel channel = Stores.open(file)) {
      String text = ParquetFiles.footer(channel).notes().get(FINGERPRINTS);
      return text == null
          ? Fingerprints.NONE
          : ConfigJson.read(text, Fingerprints.class, file.uri());
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw damaged(file, e);
    }
  }

  /** Returns the number of rows of some files together. */
  public static long rows(List<Summary> files) {
    return files.stream().mapToLong(Summary::rows).sum();
  }

  /**
   * Reads the names of all images that have embeddings in a folder, and no other column.
   *
   * @throws IOException in one line, if there are none or a file cannot be read
   */
  public static void readNames(Folder folder, Consumer<String> consumer) throws IOException {
    for (Location file : existing(folder)) {
      try (EmbeddingReader reader = EmbeddingReader.open(file, EnumSet.of(Column.NAME))) {
        for (EmbeddingRow row = reader.next(); row != null; row = reader.next()) {
          consumer.accept(row.name);
        }
      }
    }
  }

  /**
   * Returns the Parquet files of a folder, in order.
   *
   * @throws IOException in one line, if there are none
   */
  public static List<Location> existing(Folder folder) throws IOException {
    List<Location> files = list(folder);
    if (files.isEmpty()) {
      throw new KnownIOException(
          ErrorKind.NO_EMBEDDINGS, folder, "%s holds no embeddings".formatted(folder));
    }
    return files;
  }

  /** Returns the Parquet files of a folder, in order; none if there is no such folder. */
  public static List<Location> list(Folder folder) throws IOException {
    return folder.files(SUFFIX);
  }
}
