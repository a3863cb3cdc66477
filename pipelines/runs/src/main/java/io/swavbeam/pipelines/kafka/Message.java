package io.swavbeam.pipelines.kafka;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A message of a topic, without its headers.
 *
 * @param source the partition
 * @param offset the offset in the partition
 * @param key the key, or null
 * @param value the value, or null for a tombstone
 */
@DefaultSchema(RecordSchema.class)
@SuppressWarnings("ArrayRecordComponent") // never compared
record Message(MessageSource source, long offset, byte @Nullable [] key, byte @Nullable [] value)
    implements Serializable {

  /** Returns the key as text, or partition and offset if there is no key. */
  String name() {
    return key == null ? "%d-%d".formatted(source.partition(), offset) : text(key);
  }

  /** Returns the value; empty if there is none. */
  byte[] bytes() {
    return value == null ? new byte[0] : value;
  }

  /** Decodes bytes as UTF-8. */
  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
