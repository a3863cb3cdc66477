package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.parquet.ArrowSchema;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The conversion of embeddings to rows of Parquet files. {@link EmbeddingReader} reads them. */
final class EmbeddingRows {
  private static final Schema FLOATS = Schema.createArray(Schema.create(Schema.Type.FLOAT));

  static final Schema SCHEMA =
      SchemaBuilder.record("embedding_row")
          .fields()
          .requiredString("source")
          .requiredLong("position")
          .requiredString("name")
          .optionalString("label")
          .name("embedding")
          .type(FLOATS)
          .noDefault()
          .name("projection")
          .type(Schema.createUnion(FLOATS, Schema.create(Schema.Type.NULL)))
          .noDefault()
          .optionalInt("cluster")
          .optionalFloat("cluster_probability")
          .requiredString("model")
          .endRecord();

  private EmbeddingRows() {}

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

  /**
   * Returns the columns for Arrow, with vectors of a fixed size.
   *
   * @param first the first row; all rows have vectors of the same sizes. If it has no projection,
   *     the projection is a plain list, because readers fail on null in lists of a fixed size.
   */
  static ArrowSchema arrow(Embedding first) {
    ArrowSchema columns =
        new ArrowSchema()
            .text("source", false)
            .int64("position")
            .text("name", false)
            .text("label", true)
            .floats("embedding", first.embedding().length, false);
    (first.projection() == null
            ? columns.floats("projection")
            : columns.floats("projection", first.projection().length, true))
        .int32("cluster")
        .float32("cluster_probability");
    return columns.text("model", false);
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
}
