package io.swavbeam.pipelines.parquet;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * The decompression of pages of files of other software. DuckDB and pyarrow use Snappy by default,
 * others Zstandard or gzip. Parquet's own codecs need Hadoop's libraries. This software writes
 * uncompressed files, because floats hardly compress.
 */
final class Codecs implements CompressionCodecFactory {
  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return new Decompressor(codec);
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("nothing is written in " + codec);
  }

  @Override
  public void release() {}

  private record Decompressor(CompressionCodecName codec) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int decompressedSize) throws IOException {
      return BytesInput.from(unpacked(bytes.toInputStream().readAllBytes(), decompressedSize));
    }

    @Override
    public void decompress(
        ByteBuffer input, int compressedSize, ByteBuffer output, int decompressedSize)
        throws IOException {
      byte[] packed = new byte[compressedSize];
      input.get(packed);
      output.put(unpacked(packed, decompressedSize));
    }

    private byte[] unpacked(byte[] packed, int size) throws IOException {
      byte[] bytes =
          switch (codec) {
            case UNCOMPRESSED -> packed;
            case SNAPPY -> {
              if (Snappy.uncompressedLength(packed) != size) {
                throw new IOException("a page is damaged: its length is wrong");
              }
              yield Snappy.uncompress(packed);
            }
            case ZSTD -> Zstd.decompress(packed, size);
            case GZIP -> {
              try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                yield in.readNBytes(size);
              }
            }
            default -> throw new UnreadCodecException(codec);
          };
      if (bytes.length != size) {
        throw new IOException("a page is damaged: its length is wrong");
      }
      return bytes;
    }

    @Override
    public void release() {}
  }
}
