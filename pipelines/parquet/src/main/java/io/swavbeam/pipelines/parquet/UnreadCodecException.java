package io.swavbeam.pipelines.parquet;

import java.io.IOException;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** A Parquet file with a compression codec that is not supported. */
public final class UnreadCodecException extends IOException {
  UnreadCodecException(CompressionCodecName codec) {
    super("its pages are compressed with %s: write it with snappy, zstd or gzip".formatted(codec));
  }
}
