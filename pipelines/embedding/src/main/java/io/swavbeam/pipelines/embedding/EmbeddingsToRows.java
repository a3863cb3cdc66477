package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.util.List;
import org.apache.beam.sdk.coders.BigEndianIntegerCoder;
import org.apache.beam.sdk.coders.BigEndianLongCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.SchemaCoder;
import org.apache.beam.sdk.schemas.transforms.Convert;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/** The conversion of embeddings to rows, with their keys if they have keys. */
final class EmbeddingsToRows {
  private static final String KEY = "key";

  private EmbeddingsToRows() {}

  @SuppressWarnings("unchecked") // checked by the coder of the elements
  static PCollection<Row> apply(PCollection<?> embeddings) {
    if (!(embeddings.getCoder() instanceof KvCoder<?, ?>)) {
      return ((PCollection<Embedding>) embeddings).apply("ToRows", Convert.toRows());
    }
    Coder<?> key = ((KvCoder<?, ?>) embeddings.getCoder()).getKeyCoder();
    Schema.Builder fields = Schema.builder().addNullableField(KEY, keyType(key));
    RecordSchema.of(Embedding.class).getFields().forEach(fields::addField);
    return rows((PCollection<KV<Object, Embedding>>) embeddings, key, fields.build());
  }

  private static <K> PCollection<Row> rows(
      PCollection<KV<K, Embedding>> embeddings, Coder<?> key, Schema schema) {
    return embeddings
        .apply("KeysToRows", MapElements.via(new ToRowFn<>(keyToField(key), schema)))
        .setRowSchema(schema);
  }

  private static FieldType keyType(Coder<?> coder) {
    if (coder instanceof StringUtf8Coder) {
      return FieldType.STRING;
    } else if (coder instanceof VarLongCoder || coder instanceof BigEndianLongCoder) {
      return FieldType.INT64;
    } else if (coder instanceof VarIntCoder || coder instanceof BigEndianIntegerCoder) {
      return FieldType.INT32;
    } else if (coder instanceof ByteArrayCoder) {
      return FieldType.BYTES;
    } else if (coder instanceof SchemaCoder<?> structured) {
      return FieldType.row(structured.getSchema());
    }
    throw new IllegalArgumentException(
        "rows have no type for keys with the coder %s: map the keys to strings, numbers, bytes or"
                .formatted(coder)
            + " something with a schema");
  }

  @SuppressWarnings("unchecked") // the coder has the type of the keys
  private static <K> SerializableFunction<K, ?> keyToField(Coder<?> coder) {
    return coder instanceof SchemaCoder<?> structured
        ? ((SchemaCoder<K>) structured).getToRowFunction()
        : key -> key;
  }

  private static final class ToRowFn<K> extends SimpleFunction<KV<K, Embedding>, Row> {
    private final SerializableFunction<K, ?> keyToField;
    private final Schema schema;

    ToRowFn(SerializableFunction<K, ?> keyToField, Schema schema) {
      this.keyToField = keyToField;
      this.schema = schema;
    }

    @Override
    public Row apply(KV<K, Embedding> element) {
      K key = element.getKey();
      List<Object> values = RecordSchema.toRow(element.getValue()).getValues();
      return Row.withSchema(schema)
          .addValue(key == null ? null : keyToField.apply(key))
          .addValues(values)
          .build();
    }
  }
}
