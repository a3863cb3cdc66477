package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.output.EmbeddingRow.Column;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.parquet.UnreadCodecException;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.util.Set;
import org.apache.parquet.hadoop.ParquetReader;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader of the rows of a file of embeddings of any software, see {@link EmbeddingReadSupport}.
 * Errors are one line with the file, and with the row if the error is in a row.
 */
final class EmbeddingReader implements AutoCloseable {
  private final Location file;
  private final Set<Column> columns;
  private final SeekableByteChannel channel;
  private final @Nullable ParquetReader<EmbeddingRow> rows;
  private long row;

  /** Opens some columns of a file. */
  static EmbeddingReader open(Location file, Set<Column> columns) throws IOException {
    return new EmbeddingReader(file, columns, Stores.open(file));
  }

  /**
   * @param channel the channel of the file; closed by this reader
   */
  EmbeddingReader(Location file, Set<Column> columns, SeekableByteChannel channel)
      throws IOException {
    this.file = file;
    this.columns = columns;
    this.channel = channel;
    ParquetReader<EmbeddingRow> opened = null;
    try {
      opened = ParquetFiles.reader(channel, new EmbeddingReadSupport(columns));
    } catch (RuntimeException e) {
      throw explained(e);
    } finally {
      if (opened == null) {
        channel.close();
      }
    }
    rows = opened;
  }

  /**
   * Reads the next row.
   *
   * @return the row; null at the end
   * @throws IOException in one line, if the file is damaged, lacks a column, or lacks a required
   *     value
   */
  @Nullable EmbeddingRow next() throws IOException {
    EmbeddingRow next;
    try {
      next = rows.read();
    } catch (UncheckedIOException e) {
      throw e; // an error of the store
    } catch (RuntimeException e) {
      throw explained(e);
    }
    if (next == null) {
      return null;
    }
    Column missing = next.missing(columns);
    if (missing != null) {
      throw new IOException(
          "%s: row %,d, counted from 0, has no %s: write the file again without it"
              .formatted(file, row, missing));
    }
    row++;
    return next;
  }

  private IOException explained(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreUnavailableException store) {
        throw store;
      }
      if (cause instanceof UnreadableColumnException column) {
        return new IOException(
            column.isOfRow()
                ? "%s: row %,d, counted from 0, %s: write the file again without it"
                    .formatted(file, row, column.getMessage())
                : "%s %s".formatted(file, column.getMessage()),
            e);
      }
      if (cause instanceof UnreadCodecException codec) {
        return new IOException("%s: %s".formatted(file, codec.getMessage()), e);
      }
    }
    return new IOException("%s is damaged: %s".formatted(file, RootCause.line(e)), e);
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      rows.close();
    }
  }
}
