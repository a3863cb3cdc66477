package io.swavbeam.pipelines.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;

/** Files of DuckDB, pyarrow and Spark. */
class CodecsTest {
  private static final Schema SCHEMA =
      SchemaBuilder.record("row").fields().requiredLong("number").endRecord();
  private static final int ROWS = 10_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = CompressionCodecName.class,
      names = {"UNCOMPRESSED", "SNAPPY", "ZSTD", "GZIP"})
  void readsWhatOthersHaveCompressed(CompressionCodecName codec) throws Exception {
    Path file = folder.resolve("rows.parquet");
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        ParquetWriter<GenericRecord> writer =
            AvroParquetWriter.<GenericRecord>builder(new ChannelOutputFile(channel))
                .withConf(new PlainParquetConfiguration())
                .withDataModel(GenericData.get())
                .withSchema(SCHEMA)
                .withCodecFactory(new Packing())
                .withCompressionCodec(codec)
                .build()) {
      for (long i = 0; i < ROWS; i++) {
        writer.write(new GenericRecordBuilder(SCHEMA).set("number", i * i).build());
      }
    }

    List<Long> numbers = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel)) {
      GenericRecord row;
      while ((row = reader.read()) != null) {
        numbers.add((Long) row.get("number"));
      }
    }
    assertThat(numbers).hasSize(ROWS).startsWith(0L, 1L, 4L).endsWith((ROWS - 1L) * (ROWS - 1));
  }

  /** Compresses pages with the libraries that others use. */
  private static final class Packing implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput bytes) throws IOException {
          byte[] plain = bytes.toInputStream().readAllBytes();
          return BytesInput.from(
              switch (codec) {
                case SNAPPY -> Snappy.compress(plain);
                case ZSTD -> Zstd.compress(plain);
                case GZIP -> {
                  ByteArrayOutputStream packed = new ByteArrayOutputStream();
                  try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                    out.write(plain);
                  }
                  yield packed.toByteArray();
                }
                default -> plain;
              });
        }

        @Override
        public CompressionCodecName getCodecName() {
          return codec;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      return new Codecs().getDecompressor(codec);
    }

    @Override
    public void release() {}
  }
}
