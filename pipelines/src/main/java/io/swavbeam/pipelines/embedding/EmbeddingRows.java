package io.swavbeam.pipelines.embedding;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Embeddings as rows of Parquet. */
final class EmbeddingRows {
  static final Schema SCHEMA =
      SchemaBuilder.record("embedding_row")
          .fields()
          .requiredString("source")
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
          .array()
          .items()
          .floatType()
          .noDefault()
          .requiredInt("cluster")
          .requiredFloat("cluster_probability")
          .requiredString("model")
          .endRecord();

  /** What tells an image from all others. */
  static final Schema NAMES =
      SchemaBuilder.record("embedding_row")
          .fields()
          .requiredString("source")
          .requiredString("name")
          .endRecord();

  static final Schema MODEL =
      SchemaBuilder.record("embedding_row").fields().requiredString("model").endRecord();

  private EmbeddingRows() {}

  static GenericRecord toRow(Embedding embedding) {
    return new GenericRecordBuilder(SCHEMA)
        .set("source", embedding.source())
        .set("name", embedding.name())
        .set("label", embedding.label())
        .set("embedding", boxed(embedding.embedding()))
        .set("projection", boxed(embedding.projection()))
        .set("cluster", embedding.cluster())
        .set("cluster_probability", embedding.clusterProbability())
        .set("model", embedding.model())
        .build();
  }

  static Embedding fromRow(GenericRecord row) {
    return new Embedding(
        row.get("source").toString(),
        row.get("name").toString(),
        text(row.get("label")),
        floats(row.get("embedding")),
        floats(row.get("projection")),
        (int) row.get("cluster"),
        (float) row.get("cluster_probability"),
        row.get("model").toString());
  }

  private static @Nullable String text(@Nullable Object value) {
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
