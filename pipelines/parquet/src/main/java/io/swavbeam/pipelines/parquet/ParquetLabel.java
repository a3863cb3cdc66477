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
 * The column of a Parquet file that holds the labels: numbers, texts, dates or truth values, or
 * lists of one of these. Whole numbers in a column of floats, as pandas writes integers with
 * missing values, are labels without a fraction; a list of any other length than one is no label.
 * Where the file names its classes as Hugging Face's libraries do, the label is the name of the
 * number.
 *
 * @param column of the file's schema
 * @param classes names by their numbers; empty if the file has none
 */
record ParquetLabel(Type column, List<String> classes) {
  private static final String NOTES = "huggingface";

  /** As of labels in files beside images. */
  private static final int MAX_LENGTH = 4096;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Whether labels may be in a column, by its type. */
  static boolean isPossible(Type column) {
    Type element = element(column);
    if (element != null) {
      return isPossible(element);
    }
    if (!column.isPrimitive()) {
      return false;
    }
    // By its bytes, a column of texts may lack the mark of one.
    return column.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.INT96;
  }

  /** Returns the type of a list's elements, in today's layout or an earlier one; else null. */
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
   * @param column of a type that is possible
   * @param notes of the file's writer
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
        // A note of somebody else, and the numbers are labels too.
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

  /** Returns the text in some bytes; null if they are no UTF-8. */
  private static @Nullable String ofBytes(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Returns a number, or the name of its class. If classes have names, -1 is no class. */
  private @Nullable String ofNumber(long number) {
    if (number >= 0 && number < classes.size()) {
      return classes.get((int) number);
    }
    return number == -1 && !classes.isEmpty() ? null : Long.toString(number);
  }
}
