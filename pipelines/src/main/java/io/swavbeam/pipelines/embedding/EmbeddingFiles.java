package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetReader;

/** Reads a folder that {@link WriteEmbeddings} wrote. */
public final class EmbeddingFiles {
  private EmbeddingFiles() {}

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
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
          ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel)) {
        GenericRecord row;
        while ((row = reader.read()) != null) {
          consumer.accept(EmbeddingRows.fromRow(row));
        }
      } catch (RuntimeException e) {
        throw new IOException("%s is damaged or no file of embeddings: %s".formatted(file, e), e);
      }
    }
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
