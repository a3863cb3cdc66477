package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;

/** Embeddings in Parquet files, as {@link EmbedToParquet} leaves them in a folder. */
public final class EmbeddingFiles {
  private EmbeddingFiles() {}

  /** Writes one file. */
  public static final class Writer implements AutoCloseable {
    private final ParquetWriter<GenericRecord> rows;

    /**
     * @param channel that is closed with this
     */
    public Writer(WritableByteChannel channel) throws IOException {
      rows = ParquetFiles.writer(channel, EmbeddingRows.SCHEMA);
    }

    /** Writes a row. */
    public void write(Embedding embedding) throws IOException {
      rows.write(EmbeddingRows.toRow(embedding));
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }

  /**
   * Reads all embeddings, in the order of the files, one at a time.
   *
   * @throws IOException in one line, where there are none or a file is damaged
   */
  public static void read(Path folder, Consumer<Embedding> consumer) throws IOException {
    List<Path> files = list(folder);
    if (files.isEmpty()) {
      throw new IOException(
          "%s holds no embeddings: give the --output of `swav embed`".formatted(folder));
    }
    for (Path file : files) {
      readFile(file, consumer);
    }
  }

  /**
   * Reads the embeddings of one file, one at a time.
   *
   * @throws IOException in one line, where the file is damaged
   */
  public static void readFile(Path file, Consumer<Embedding> consumer) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel)) {
      GenericRecord row;
      while ((row = reader.read()) != null) {
        consumer.accept(EmbeddingRows.fromRow(row));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause(); // the consumer's
    } catch (RuntimeException e) {
      throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
    }
  }

  /**
   * The model that made the first row of a file.
   *
   * @throws IOException in one line, where the file is damaged
   */
  public static String model(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel, EmbeddingRows.MODEL)) {
      return reader.read().get("model").toString();
    } catch (RuntimeException e) {
      throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
    }
  }

  /** How many embeddings a folder holds. */
  public static long count(Path folder) throws IOException {
    long rows = 0;
    for (Path file : list(folder)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        rows += ParquetFiles.rowCount(channel);
      } catch (RuntimeException e) {
        throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
      }
    }
    return rows;
  }

  /** The Parquet files of a folder, in order; none where there is no such folder. */
  public static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }
}
