package io.swavbeam.pipelines.parquet;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Parquet over channels, without Hadoop. Uncompressed: embeddings are noise to a compressor (ZSTD
 * saves 14 percent), and the codecs would bring Hadoop's jars.
 */
public final class ParquetFiles {
  // Parquet keeps the constant to itself.
  private static final String AVRO_READ_SCHEMA = "parquet.avro.read.schema";

  private ParquetFiles() {}

  /** What the last bytes of a file say: how many rows it has, and what its writer noted. */
  public record Footer(long rows, Map<String, String> notes) {}

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
    return AvroParquetWriter.<GenericRecord>builder(new ChannelOutputFile(channel))
        .withConf(configuration)
        .withDataModel(GenericData.get())
        .withSchema(schema)
        .withExtraMetaData(notes)
        .withCompressionCodec(CompressionCodecName.UNCOMPRESSED)
        .build();
  }

  /**
   * Opens a reader, to be closed by the caller, who also closes the channel.
   *
   * @throws IOException if it is no Parquet file
   */
  public static ParquetReader<GenericRecord> reader(SeekableByteChannel channel)
      throws IOException {
    return reader(channel, new PlainParquetConfiguration());
  }

  /**
   * Opens a reader of some columns.
   *
   * @param columns a part of the file's schema
   */
  public static ParquetReader<GenericRecord> reader(SeekableByteChannel channel, Schema columns)
      throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.set(AvroReadSupport.AVRO_REQUESTED_PROJECTION, columns.toString());
    configuration.set(AVRO_READ_SCHEMA, columns.toString());
    return reader(channel, configuration);
  }

  /** The footer of a file; the channel is the caller's. */
  public static Footer footer(SeekableByteChannel channel) throws IOException {
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new ChannelInputFile(channel),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      return new Footer(
          reader.getRecordCount(), Map.copyOf(reader.getFileMetaData().getKeyValueMetaData()));
    }
  }

  private static ParquetReader<GenericRecord> reader(
      SeekableByteChannel channel, ParquetConfiguration configuration) throws IOException {
    configuration.setBoolean(AvroReadSupport.AVRO_COMPATIBILITY, false);
    return AvroParquetReader.<GenericRecord>builder(new ChannelInputFile(channel), configuration)
        .withDataModel(GenericData.get())
        .withCodecFactory(new Codecs())
        .usePageChecksumVerification()
        .build();
  }
}
