package io.swavbeam.pipelines.parquet;

import java.io.IOException;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Pages of a Parquet file are compressed in a way that is not read. */
public final class UnreadCodecException extends IOException {
  UnreadCodecException(CompressionCodecName codec) {
    super("its pages are compressed with %s: write it with snappy, zstd or gzip".formatted(codec));
  }
}
