package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.function.Consumer;
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
  public static void read(Folder folder, Consumer<Embedding> consumer) throws IOException {
    List<String> files = list(folder);
    if (files.isEmpty()) {
      throw new IOException(
          "%s holds no embeddings: give the --output of `swav embed`".formatted(folder));
    }
    for (String file : files) {
      readFile(file, consumer);
    }
  }

  /**
   * Reads the embeddings of one file, one at a time.
   *
   * @throws IOException in one line, where the file is damaged
   */
  public static void readFile(String file, Consumer<Embedding> consumer) throws IOException {
    try (SeekableByteChannel channel = Storage.open(file);
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
  public static String model(String file) throws IOException {
    try (SeekableByteChannel channel = Storage.open(file);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel, EmbeddingRows.MODEL)) {
      return reader.read().get("model").toString();
    } catch (RuntimeException e) {
      throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
    }
  }

  /** How many embeddings a folder holds. */
  public static long count(Folder folder) throws IOException {
    long rows = 0;
    for (String file : list(folder)) {
      try (SeekableByteChannel channel = Storage.open(file)) {
        rows += ParquetFiles.rowCount(channel);
      } catch (RuntimeException e) {
        throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
      }
    }
    return rows;
  }

  /** The Parquet files of a folder, in order; none where there is no such folder. */
  public static List<String> list(Folder folder) throws IOException {
    return folder.files(".parquet");
  }
}
