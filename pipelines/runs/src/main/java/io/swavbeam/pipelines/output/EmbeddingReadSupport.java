package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.output.EmbeddingRow.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.api.InitContext;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The conversion to rows of embeddings from Parquet files of this software, DuckDB, pandas, pyarrow
 * and polars. Columns may be in any order, among other columns, and nullable. Integers may have any
 * width, or be floats, as pandas writes integers with missing values. Labels may be of any
 * primitive type, and are converted to strings. Vectors may be of any floating-point type, in each
 * layout of lists.
 */
final class EmbeddingReadSupport extends ReadSupport<EmbeddingRow> {
  private final Set<Column> columns;

  EmbeddingReadSupport(Set<Column> columns) {
    this.columns = columns;
  }

  @Override
  public ReadContext init(InitContext context) {
    MessageType file = context.getFileSchema();
    List<Type> wanted = new ArrayList<>();
    for (Column column : columns) {
      if (file.containsField(column.toString())) {
        wanted.add(file.getType(column.toString()));
      } else if (column.required) {
        throw UnreadableColumnException.ofFile(
            "is not a file of embeddings: it has no column '%s', but %s"
                .formatted(
                    column,
                    String.join(", ", file.getFields().stream().map(Type::getName).toList())));
      }
    }
    return new ReadContext(new MessageType(file.getName(), wanted));
  }

  @Override
  @SuppressWarnings("deprecation") // abstract, but Parquet calls the other method
  public RecordMaterializer<EmbeddingRow> prepareForRead(
      Configuration configuration,
      Map<String, String> notes,
      MessageType file,
      ReadContext context) {
    return materializer(context);
  }

  @Override
  public RecordMaterializer<EmbeddingRow> prepareForRead(
      ParquetConfiguration configuration,
      Map<String, String> notes,
      MessageType file,
      ReadContext context) {
    return materializer(context);
  }

  private static RecordMaterializer<EmbeddingRow> materializer(ReadContext context) {
    RowConverter rows = new RowConverter(context.getRequestedSchema());
    return new RecordMaterializer<>() {
      @Override
      public EmbeddingRow getCurrentRecord() {
        return rows.row;
      }

      @Override
      public GroupConverter getRootConverter() {
        return rows;
      }
    };
  }

  /** Creates a new row for each record. */
  private static final class RowConverter extends GroupConverter {
    private final Converter[] converters;
    private EmbeddingRow row = new EmbeddingRow();

    RowConverter(MessageType schema) {
      converters = new Converter[schema.getFieldCount()];
      for (int i = 0; i < converters.length; i++) {
        converters[i] = converter(schema.getType(i));
      }
    }

    private Converter converter(Type type) {
      return switch (Column.valueOf(type.getName().toUpperCase(Locale.ROOT))) {
        case SOURCE -> new Text(type, text -> row.source = text);
        case POSITION -> new Whole(type, number -> row.position = number);
        case NAME -> new Text(type, text -> row.name = text);
        case LABEL -> new Text(type, text -> row.label = text.isBlank() ? null : text);
        case EMBEDDING -> Vector.of(type, vector -> row.embedding = vector);
        case PROJECTION -> Vector.of(type, vector -> row.projection = vector);
        case CLUSTER -> new Whole(type, number -> row.cluster = Math.toIntExact(number));
        case CLUSTER_PROBABILITY ->
            new Fraction(type, value -> row.clusterProbability = (float) value);
        case MODEL -> new Text(type, text -> row.model = text);
      };
    }

    @Override
    public Converter getConverter(int field) {
      return converters[field];
    }

    @Override
    public void start() {
      row = new EmbeddingRow();
    }

    @Override
    public void end() {}
  }

  /**
   * Returns the type of a column of single values.
   *
   * @param wanted the required values, for people
   * @param types the accepted types; none to accept all
   */
  private static PrimitiveType primitive(Type type, String wanted, PrimitiveTypeName... types) {
    if (!type.isPrimitive()
        || type.isRepetition(Type.Repetition.REPEATED)
        || (types.length > 0
            && !List.of(types).contains(type.asPrimitiveType().getPrimitiveTypeName()))) {
      throw unreadable(type, wanted);
    }
    return type.asPrimitiveType();
  }

  private static UnreadableColumnException unreadable(Type type, String wanted) {
    return UnreadableColumnException.ofFile(
        "is not a file of embeddings: its column '%s' holds %s, not %s"
            .formatted(type.getName(), described(type), wanted));
  }

  private static String described(Type type) {
    if (type.isPrimitive()) {
      return type.asPrimitiveType().getPrimitiveTypeName().toString();
    }
    Type inner = type;
    while (!inner.isPrimitive() && inner.asGroupType().getFieldCount() == 1) {
      inner = inner.asGroupType().getType(0);
    }
    return inner.isPrimitive() ? "lists of " + described(inner) : "lists or structs";
  }

  /** Strings, and other values converted to strings. */
  private static final class Text extends PrimitiveConverter {
    private final PrimitiveType type;
    private final Consumer<String> setter;
    private String[] dictionary = {};

    Text(Type type, Consumer<String> setter) {
      this.type = primitive(type, "texts");
      this.setter = setter;
    }

    private String text(Binary value) {
      return type.getLogicalTypeAnnotation() == null
              && type.getPrimitiveTypeName() == PrimitiveTypeName.BINARY
          ? value.toStringUsingUTF8()
          : type.stringifier().stringify(value);
    }

    @Override
    public boolean hasDictionarySupport() {
      return type.getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
    }

    @Override
    public void setDictionary(Dictionary values) {
      dictionary = new String[values.getMaxId() + 1];
      for (int i = 0; i < dictionary.length; i++) {
        dictionary[i] = text(values.decodeToBinary(i));
      }
    }

    @Override
    public void addValueFromDictionary(int id) {
      setter.accept(dictionary[id]);
    }

    @Override
    public void addBinary(Binary value) {
      setter.accept(text(value));
    }

    @Override
    public void addInt(int value) {
      setter.accept(type.stringifier().stringify(value));
    }

    @Override
    public void addLong(long value) {
      setter.accept(type.stringifier().stringify(value));
    }

    @Override
    public void addBoolean(boolean value) {
      setter.accept(type.stringifier().stringify(value));
    }

    @Override
    public void addFloat(float value) {
      addDouble(value);
    }

    /** Converts integers that pandas writes as floats, because values are missing. */
    @Override
    public void addDouble(double value) {
      if (!Double.isNaN(value)) {
        boolean whole = value == Math.rint(value) && Math.abs(value) < 1L << 53;
        setter.accept(whole ? Long.toString((long) value) : Double.toString(value));
      }
    }
  }

  /** Integers. */
  private static final class Whole extends PrimitiveConverter {
    private final String name;
    private final boolean unsigned;
    private final LongConsumer setter;

    Whole(Type type, LongConsumer setter) {
      primitive(
          type,
          "whole numbers",
          PrimitiveTypeName.INT32,
          PrimitiveTypeName.INT64,
          PrimitiveTypeName.FLOAT,
          PrimitiveTypeName.DOUBLE);
      name = type.getName();
      unsigned =
          type.getLogicalTypeAnnotation()
                  instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation annotated
              && !annotated.isSigned();
      this.setter = setter;
    }

    @Override
    public void addInt(int value) {
      setter.accept(unsigned ? Integer.toUnsignedLong(value) : value);
    }

    @Override
    public void addLong(long value) {
      setter.accept(value);
    }

    @Override
    public void addFloat(float value) {
      addDouble(value);
    }

    @Override
    public void addDouble(double value) {
      if (Double.isNaN(value)) {
        return; // a missing value
      }
      if (value != Math.rint(value) || Math.abs(value) >= 1L << 53) {
        throw UnreadableColumnException.ofRow(
            "has the %s %s, which is not a whole number".formatted(name, value));
      }
      setter.accept((long) value);
    }
  }

  /** Floating-point numbers. */
  private static final class Fraction extends PrimitiveConverter {
    private final DoubleConsumer setter;

    Fraction(Type type, DoubleConsumer setter) {
      primitive(type, "floating-point numbers", PrimitiveTypeName.FLOAT, PrimitiveTypeName.DOUBLE);
      this.setter = setter;
    }

    @Override
    public void addFloat(float value) {
      setter.accept(value);
    }

    @Override
    public void addDouble(double value) {
      setter.accept((float) value);
    }
  }

  /** The elements of one list. */
  private static final class Values extends PrimitiveConverter {
    private final PrimitiveType type;
    private float[] values = new float[128];
    private int count;

    Values(PrimitiveType type) {
      this.type = type;
    }

    @Override
    public void addFloat(float value) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = value;
    }

    @Override
    public void addDouble(double value) {
      addFloat((float) value);
    }

    /** Adds a float16, which Parquet itself only converts to a string. */
    @Override
    public void addBinary(Binary value) {
      addFloat(Float.parseFloat(type.stringifier().stringify(value)));
    }

    float[] take() {
      float[] vector = Arrays.copyOf(values, count);
      count = 0;
      return vector;
    }
  }

  /** A list of numbers: a group with a repeated group of one number, or with a repeated number. */
  private static final class Vector extends GroupConverter {
    private final Values values;
    private final Converter child;
    private final Consumer<float[]> setter;

    private Vector(Values values, Converter child, Consumer<float[]> setter) {
      this.values = values;
      this.child = child;
      this.setter = setter;
    }

    static Converter of(Type type, Consumer<float[]> setter) {
      boolean isList =
          !type.isPrimitive()
              && type.asGroupType().getFieldCount() == 1
              && type.asGroupType().getType(0).isRepetition(Type.Repetition.REPEATED);
      if (isList) {
        Type repeated = type.asGroupType().getType(0);
        if (isNumber(repeated)) {
          Values values = new Values(repeated.asPrimitiveType());
          return new Vector(values, values, setter);
        }
        if (!repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && isNumber(repeated.asGroupType().getType(0))) {
          Values values = new Values(repeated.asGroupType().getType(0).asPrimitiveType());
          return new Vector(values, new Element(type.getName(), values), setter);
        }
      }
      throw unreadable(type, "lists of floating-point numbers");
    }

    private static boolean isNumber(Type type) {
      return type.isPrimitive()
          && switch (type.asPrimitiveType().getPrimitiveTypeName()) {
            case FLOAT, DOUBLE -> true;
            case FIXED_LEN_BYTE_ARRAY ->
                type.getLogicalTypeAnnotation()
                    instanceof LogicalTypeAnnotation.Float16LogicalTypeAnnotation;
            default -> false;
          };
    }

    @Override
    public Converter getConverter(int field) {
      return child;
    }

    @Override
    public void start() {
      values.count = 0;
    }

    @Override
    public void end() {
      setter.accept(values.take());
    }
  }

  /** An element of a list. It may be nullable in the schema, but null is an error. */
  private static final class Element extends GroupConverter {
    private final String column;
    private final Values values;
    private int before;

    Element(String column, Values values) {
      this.column = column;
      this.values = values;
    }

    @Override
    public Converter getConverter(int field) {
      return values;
    }

    @Override
    public void start() {
      before = values.count;
    }

    @Override
    public void end() {
      if (values.count == before) {
        throw UnreadableColumnException.ofRow("has a null in its %s".formatted(column));
      }
    }
  }
}
