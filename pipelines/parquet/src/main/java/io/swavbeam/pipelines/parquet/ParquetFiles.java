package io.swavbeam.pipelines.parquet;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.column.statistics.BinaryStatistics;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;

/**
 * A reader and writer of Parquet files on channels, without Hadoop. Files are written uncompressed:
 * ZSTD saves only 14 percent of embeddings, and the codecs need jars of Hadoop.
 */
public final class ParquetFiles {
  /** The path of list elements within a column, by the format's standard. */
  private static final String LIST_ELEMENT = ".list.element";

  /** The character that replaces invalid UTF-8. */
  private static final String REPLACEMENT = "\uFFFD";

  private ParquetFiles() {}

  /**
   * The footer of a file.
   *
   * @param rows the number of rows
   * @param notes the key-value metadata
   * @param bounds the bounds of string and INT64 columns by name, if the file has them
   */
  public record Footer(long rows, Map<String, String> notes, Map<String, Bounds> bounds) {}

  /**
   * The smallest and the largest value of a column.
   *
   * @param least a {@code String}, in the order of its UTF-8 bytes, or a {@code Long}
   */
  public record Bounds(Object least, Object greatest) {}

  /**
   * The schema and the row groups of a file.
   *
   * @param schema the Parquet schema, with any names and types
   * @param notes the key-value metadata
   * @param groups the row groups in order
   */
  public record Layout(MessageType schema, Map<String, String> notes, List<RowGroup> groups) {}

  /**
   * A row group.
   *
   * @param rows the number of rows
   * @param offset the offset of the first byte
   * @param length the number of bytes of all columns
   */
  public record RowGroup(long rows, long offset, long length) {}

  /** Opens a writer, to be closed by the caller. Closing it closes the channel. */
  public static ParquetWriter<GenericRecord> writer(WritableByteChannel channel, Schema schema)
      throws IOException {
    return writer(channel, schema, Map.of());
  }

  /**
   * Opens a writer.
   *
   * @param notes the key-value metadata for the footer
   */
  public static ParquetWriter<GenericRecord> writer(
      WritableByteChannel channel, Schema schema, Map<String, String> notes) throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    // Writes lists in the format's standard layout, which every reader supports.
    configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    AvroParquetWriter.Builder<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new ChannelOutputFile(channel))
            .withConf(configuration)
            .withDataModel(GenericData.get())
            .withSchema(schema)
            .withExtraMetaData(notes)
            .withCompressionCodec(CompressionCodecName.UNCOMPRESSED);
    for (Schema.Field field : schema.getFields()) {
      if (isFloats(field.schema())) {
        // Embeddings hardly repeat values. Searching for repetitions took an eighth of the Java
        // time of `embed`.
        writer.withDictionaryEncoding(field.name() + LIST_ELEMENT, false);
      }
    }
    return writer.build();
  }

  private static boolean isFloats(Schema schema) {
    return switch (schema.getType()) {
      case ARRAY -> schema.getElementType().getType() == Schema.Type.FLOAT;
      case UNION -> schema.getTypes().stream().anyMatch(ParquetFiles::isFloats);
      default -> false;
    };
  }

  /**
   * Opens a reader, to be closed by the caller, who also closes the channel.
   *
   * @throws IOException if it is not a Parquet file
   */
  public static ParquetReader<GenericRecord> reader(SeekableByteChannel channel)
      throws IOException {
    return builder(channel, new PlainParquetConfiguration()).build();
  }

  /**
   * Opens a reader of records, to be closed by the caller, who also closes the channel.
   *
   * @param support chooses the columns and creates the records
   */
  public static <T> ParquetReader<T> reader(SeekableByteChannel channel, ReadSupport<T> support)
      throws IOException {
    return supported(channel, support).build();
  }

  private static <T> ParquetReader.Builder<T> supported(
      SeekableByteChannel channel, ReadSupport<T> support) throws IOException {
    ParquetReader.Builder<T> reader =
        new ParquetReader.Builder<>(
            new ChannelInputFile(channel), new PlainParquetConfiguration()) {
          @Override
          protected ReadSupport<T> getReadSupport() {
            return support;
          }
        };
    return reader.withCodecFactory(new Codecs()).usePageChecksumVerification();
  }

  /**
   * Opens a reader of some columns. Reads the row groups whose middle is in a part of the file.
   *
   * @param offset the offset of the first byte of the part
   * @param length the number of bytes of the part
   * @param columns a part of the schema of the file
   */
  public static ParquetReader<Group> groups(
      SeekableByteChannel channel, long offset, long length, MessageType columns)
      throws IOException {
    ParquetReader.Builder<Group> reader = supported(channel, new Projection(columns));
    return (length == Long.MAX_VALUE ? reader : reader.withFileRange(offset, offset + length))
        .build();
  }

  /** Reads some columns. A schema in textual form does not support every name. */
  private static final class Projection extends GroupReadSupport {
    private final MessageType columns;

    Projection(MessageType columns) {
      this.columns = columns;
    }

    @Override
    public ReadContext init(
        ParquetConfiguration configuration, Map<String, String> notes, MessageType schema) {
      return new ReadContext(columns);
    }
  }

  /**
   * Returns the columns, row groups and metadata of a file, and closes the channel.
   *
   * @throws IOException if it is not a Parquet file
   */
  public static Layout layout(SeekableByteChannel channel) throws IOException {
    try (channel;
        ParquetFileReader reader =
            new ParquetFileReader(
                new ChannelInputFile(channel),
                ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      return new Layout(
          reader.getFileMetaData().getSchema(),
          Map.copyOf(reader.getFileMetaData().getKeyValueMetaData()),
          reader.getRowGroups().stream()
              .map(
                  group ->
                      new RowGroup(
                          group.getRowCount(), group.getStartingPos(), group.getCompressedSize()))
              .toList());
    }
  }

  /** Returns the footer of a file. Does not close the channel. */
  public static Footer footer(SeekableByteChannel channel) throws IOException {
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new ChannelInputFile(channel),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      return new Footer(
          reader.getRecordCount(),
          Map.copyOf(reader.getFileMetaData().getKeyValueMetaData()),
          bounds(reader.getRowGroups()));
    }
  }

  private static Map<String, Bounds> bounds(List<BlockMetaData> groups) {
    Map<String, Statistics<?>> statistics = new HashMap<>();
    Set<String> unknown = new HashSet<>();
    for (BlockMetaData group : groups) {
      for (ColumnChunkMetaData column : group.getColumns()) {
        Statistics<?> those = column.getStatistics();
        String name = column.getPath().toDotString();
        if (those == null || !those.hasNonNullValue()) {
          unknown.add(name);
        } else if (statistics.containsKey(name)) {
          statistics.get(name).mergeStatistics(those);
        } else {
          statistics.put(name, those.copy());
        }
      }
    }
    Map<String, Bounds> bounds = new HashMap<>();
    statistics.forEach(
        (name, column) -> {
          if (unknown.contains(name)) {
            return;
          }
          if (column instanceof BinaryStatistics text) {
            String least = text.genericGetMin().toStringUsingUTF8();
            String greatest = text.genericGetMax().toStringUsingUTF8();
            // Some writers truncate bounds, possibly within a character.
            if (!(least + greatest).contains(REPLACEMENT)) {
              bounds.put(name, new Bounds(least, greatest));
            }
          } else if (column instanceof LongStatistics number) {
            bounds.put(name, new Bounds(number.getMin(), number.getMax()));
          }
        });
    return Map.copyOf(bounds);
  }

  private static ParquetReader.Builder<GenericRecord> builder(
      SeekableByteChannel channel, ParquetConfiguration configuration) throws IOException {
    configuration.setBoolean(AvroReadSupport.AVRO_COMPATIBILITY, false);
    return AvroParquetReader.<GenericRecord>builder(new ChannelInputFile(channel), configuration)
        .withDataModel(GenericData.get())
        .withCodecFactory(new Codecs())
        .usePageChecksumVerification();
  }
}
