package io.swavbeam.pipelines.parquet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The column of a Parquet file with the labels: numbers, strings, dates or booleans, or lists of
 * one of these. Integers in a column of floats, as pandas writes integers with missing values, are
 * labels without a fraction. A list is a label only if it has one element. If the file has names of
 * classes in the metadata of Hugging Face's libraries, the label is the name of the class.
 *
 * @param column a column of the schema
 * @param classes the names of the classes by number; empty if the file has none
 */
record ParquetLabel(Type column, List<String> classes) {
  private static final String NOTES = "huggingface";

  /** The longest label, as for labels in files beside images. */
  private static final int MAX_LENGTH = 4096;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Returns whether a column can have labels, by its type. */
  static boolean isPossible(Type column) {
    Type element = element(column);
    if (element != null) {
      return isPossible(element);
    }
    if (!column.isPrimitive()) {
      return false;
    }
    // A column of strings may lack the annotation for strings.
    return column.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.INT96;
  }

  /**
   * Returns the type of the elements of a list, in the current layout or an earlier one; else null.
   */
  private static @Nullable Type element(Type column) {
    if (column.isPrimitive()
        || !(column.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation)
        || column.asGroupType().getFieldCount() != 1) {
      return null;
    }
    Type repeated = column.asGroupType().getType(0);
    if (repeated.isPrimitive()) {
      return repeated;
    }
    return repeated.asGroupType().getFieldCount() == 1 ? repeated.asGroupType().getType(0) : null;
  }

  /**
   * @param column a column of a possible type
   * @param notes the key-value metadata of the file
   */
  static ParquetLabel of(Type column, Map<String, String> notes) {
    List<String> classes = new ArrayList<>();
    String known = notes.get(NOTES);
    if (known != null) {
      try {
        JsonNode feature =
            JSON.readTree(known).path("info").path("features").path(column.getName());
        feature = feature.isArray() ? feature.path(0) : feature;
        JsonNode names = feature.path("names");
        (names.isMissingNode() ? feature.path("feature").path("names") : names)
            .forEach(name -> classes.add(name.asText()));
      } catch (JsonProcessingException e) {
        // Metadata of other software. The numbers are the labels.
      }
    }
    return new ParquetLabel(column, List.copyOf(classes));
  }

  /** Returns the label of a row, or null. */
  @Nullable String in(Group row) {
    return in(row, row.getType().getFieldIndex(column.getName()));
  }

  private @Nullable String in(Group row, int field) {
    if (row.getFieldRepetitionCount(field) != 1) {
      return null;
    }
    Type type = row.getType().getType(field);
    if (type.isPrimitive()) {
      return in(row, field, type.asPrimitiveType());
    }
    Group list = row.getGroup(field, 0);
    if (list.getFieldRepetitionCount(0) != 1) {
      return null;
    }
    GroupType repeated = list.getType();
    return repeated.getType(0).isPrimitive()
        ? in(list, 0, repeated.getType(0).asPrimitiveType())
        : in(list.getGroup(0, 0), 0);
  }

  private @Nullable String in(Group row, int field, PrimitiveType type) {
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    boolean isWhole =
        meaning == null || meaning instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation;
    boolean isUnsigned =
        meaning instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation number
            && !number.isSigned();
    String text =
        switch (type.getPrimitiveTypeName()) {
          case FLOAT -> ofFraction(row.getFloat(field, 0), row.getValueToString(field, 0));
          case DOUBLE -> ofFraction(row.getDouble(field, 0), row.getValueToString(field, 0));
          case INT32 ->
              isWhole && !(isUnsigned && row.getInteger(field, 0) < 0)
                  ? ofNumber(row.getInteger(field, 0))
                  : type.stringifier().stringify(row.getInteger(field, 0));
          case INT64 ->
              isWhole && !(isUnsigned && row.getLong(field, 0) < 0)
                  ? ofNumber(row.getLong(field, 0))
                  : type.stringifier().stringify(row.getLong(field, 0));
          case BINARY ->
              meaning == null
                  ? ofBytes(row.getBinary(field, 0).toByteBuffer())
                  : type.stringifier().stringify(row.getBinary(field, 0));
          case FIXED_LEN_BYTE_ARRAY -> ofFixed(row.getBinary(field, 0), type);
          default -> row.getValueToString(field, 0);
        };
    if (text != null && meaning instanceof LogicalTypeAnnotation.DecimalLogicalTypeAnnotation) {
      text = new BigDecimal(text).stripTrailingZeros().toPlainString();
    }
    return text == null || text.isBlank() || text.length() > MAX_LENGTH ? null : text;
  }

  private @Nullable String ofFixed(Binary bytes, PrimitiveType type) {
    String text = type.stringifier().stringify(bytes);
    return type.getLogicalTypeAnnotation()
            instanceof LogicalTypeAnnotation.Float16LogicalTypeAnnotation
        ? ofFraction(Double.parseDouble(text), text)
        : text;
  }

  private @Nullable String ofFraction(double value, String text) {
    if (Double.isNaN(value)) {
      return null;
    }
    return value == Math.rint(value) && Math.abs(value) < 1L << 53 ? ofNumber((long) value) : text;
  }

  /** Returns the string of bytes; null if they are not UTF-8. */
  private static @Nullable String ofBytes(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Returns a number, or the name of its class. If classes have names, -1 means no class. */
  private @Nullable String ofNumber(long number) {
    if (number >= 0 && number < classes.size()) {
      return classes.get((int) number);
    }
    return number == -1 && !classes.isEmpty() ? null : Long.toString(number);
  }
}
