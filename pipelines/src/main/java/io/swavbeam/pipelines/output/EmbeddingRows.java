package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Embeddings as rows of Parquet. */
final class EmbeddingRows {
  /** Value of rows whose version had no positions. */
  static final long UNKNOWN_POSITION = -1;

  static final Schema SCHEMA =
      SchemaBuilder.record("embedding_row")
          .fields()
          .requiredString("source")
          .requiredLong("position")
          .requiredString("name")
          .optionalString("label")
          .name("embedding")
          .type()
          .array()
          .items()
          .floatType()
          .noDefault()
          .name("projection")
          .type()
          .nullable()
          .array()
          .items()
          .floatType()
          .noDefault()
          .optionalInt("cluster")
          .optionalFloat("cluster_probability")
          .requiredString("model")
          .endRecord();

  /** What tells images apart; files of earlier versions have no positions, but names. */
  static final Schema KEYS =
      SchemaBuilder.record("embedding_row")
          .fields()
          .requiredString("source")
          .name("position")
          .type()
          .longType()
          .longDefault(UNKNOWN_POSITION)
          .requiredString("name")
          .endRecord();

  static final Schema NAME =
      SchemaBuilder.record("embedding_row").fields().requiredString("name").endRecord();

  static final Schema MODEL =
      SchemaBuilder.record("embedding_row").fields().requiredString("model").endRecord();

  private EmbeddingRows() {}

  /** The position in a row of any version. */
  static long position(GenericRecord row) {
    return row.hasField("position") && row.get("position") != null
        ? (long) row.get("position")
        : UNKNOWN_POSITION;
  }

  static GenericRecord toRow(Embedding embedding) {
    return new GenericRecordBuilder(SCHEMA)
        .set("source", embedding.source())
        .set("position", embedding.position())
        .set("name", embedding.name())
        .set("label", embedding.label())
        .set("embedding", boxed(embedding.embedding()))
        .set("projection", embedding.projection() == null ? null : boxed(embedding.projection()))
        .set("cluster", embedding.cluster())
        .set("cluster_probability", embedding.clusterProbability())
        .set("model", embedding.model())
        .build();
  }

  static Embedding fromRow(GenericRecord row) {
    return new Embedding(
        row.get("source").toString(),
        position(row),
        row.get("name").toString(),
        text(row.get("label")),
        floats(row.get("embedding")),
        row.get("projection") == null ? null : floats(row.get("projection")),
        (Integer) row.get("cluster"),
        (Float) row.get("cluster_probability"),
        row.get("model").toString());
  }

  static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }

  private static List<Float> boxed(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  private static float[] floats(Object list) {
    List<?> values = (List<?>) list;
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = (Float) values.get(i);
    }
    return array;
  }
}
