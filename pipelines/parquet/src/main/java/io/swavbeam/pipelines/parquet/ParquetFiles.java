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
 * Parquet over channels, without Hadoop. Uncompressed: embeddings are noise to a compressor (ZSTD
 * saves 14 percent), and the codecs would bring Hadoop's jars.
 */
public final class ParquetFiles {
  /** Of the path of a list's values, as the format's standard names them. */
  private static final String LIST_ELEMENT = ".list.element";

  /** The character that replaces bytes that are not UTF-8. */
  private static final String REPLACEMENT = "\uFFFD";

  private ParquetFiles() {}

  /**
   * What the last bytes of a file say.
   *
   * @param rows how many it has
   * @param notes of its writer
   * @param bounds of the columns of texts and of long numbers, by name, where the file has them
   */
  public record Footer(long rows, Map<String, String> notes, Map<String, Bounds> bounds) {}

  /**
   * The least and the greatest value of a column.
   *
   * @param least a {@code String}, in the order of its UTF-8 bytes, or a {@code Long}
   */
  public record Bounds(Object least, Object greatest) {}

  /**
   * What a file is made of.
   *
   * @param schema Parquet's own, with whatever names and types the columns have
   * @param notes of its writer
   * @param groups of rows, in their order
   */
  public record Layout(MessageType schema, Map<String, String> notes, List<RowGroup> groups) {}

  /**
   * Rows that lie together, as the file says of itself.
   *
   * @param rows how many
   * @param offset of the first byte
   * @param length of all columns, in bytes
   */
  public record RowGroup(long rows, long offset, long length) {}

  /** Opens a writer, to be closed by the caller; closing it closes the channel. */
  public static ParquetWriter<GenericRecord> writer(WritableByteChannel channel, Schema schema)
      throws IOException {
    return writer(channel, schema, Map.of());
  }

  /**
   * Opens a writer.
   *
   * @param notes to be kept in the file's footer
   */
  public static ParquetWriter<GenericRecord> writer(
      WritableByteChannel channel, Schema schema, Map<String, String> notes) throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    // Lists as the format's standard has them, which every reader understands.
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
        // Hardly two numbers are equal. To find that out took an eighth of Java's time in `embed`.
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
   * @throws IOException if it is no Parquet file
   */
  public static ParquetReader<GenericRecord> reader(SeekableByteChannel channel)
      throws IOException {
    return builder(channel, new PlainParquetConfiguration()).build();
  }

  /**
   * Opens a reader of records that are made of columns as they are in the file, to be closed by the
   * caller, who also closes the channel.
   *
   * @param support chooses the columns and makes the records
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
   * Opens a reader of some columns of whatever names and types, of the row groups alone whose
   * middle is in a part of the file. Columns that are not asked for are not looked at.
   *
   * @param offset of the part's first byte
   * @param length of the part, in bytes
   * @param columns a part of the file's schema
   */
  public static ParquetReader<Group> groups(
      SeekableByteChannel channel, long offset, long length, MessageType columns)
      throws IOException {
    ParquetReader.Builder<Group> reader = supported(channel, new Projection(columns));
    return (length == Long.MAX_VALUE ? reader : reader.withFileRange(offset, offset + length))
        .build();
  }

  /** Reads some columns: a schema as text cannot have every name that a file's can. */
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
   * The columns and row groups of a file, and what its writer has noted; the channel is closed.
   *
   * @throws IOException if it is no Parquet file
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

  /** The footer of a file; the channel is the caller's. */
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
            // Some writers cut bounds off, in the middle of a character too.
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
