package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.Digest;
import java.nio.ByteBuffer;

/**
 * The key of a row: half of a SHA-256 digest of its source and position. A collision is expected
 * among 2 to the 64 rows.
 */
record RowKey(long high, long low) {
  static RowKey of(String source, long position) {
    return of(new Digest().add(source).add("\0").add(position));
  }

  /** Returns the key of a row without a position. */
  static RowKey of(String source, String name) {
    return of(new Digest().add(source).add("\0").add(name));
  }

  private static RowKey of(Digest digest) {
    ByteBuffer bytes = digest.bytes();
    return new RowKey(bytes.getLong(), bytes.getLong());
  }
}
