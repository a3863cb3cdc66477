package io.swavbeam.pipelines.parquet;

import com.google.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.FloatingPoint;
import org.apache.arrow.flatbuf.Int;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.flatbuf.Utf8;

/**
 * The Arrow schema of a Parquet file. Arrow's libraries write it to the footer of a Parquet file
 * and use it when they read the columns. So lists can have a fixed size, which Parquet has no type
 * for. The value is an encapsulated message of Arrow's IPC format
 * (https://arrow.apache.org/docs/format/Columnar.html) in base64.
 */
public final class ArrowSchema {
  /** The key in the footer. */
  public static final String NOTE = "ARROW:schema";

  private static final int CONTINUATION = -1;
  private static final int ALIGNMENT = 8;

  /** The name of list elements in Parquet's standard. */
  private static final String ELEMENT = "element";

  private final List<ToIntFunction<FlatBufferBuilder>> fields = new ArrayList<>();

  /** Adds a column of strings. */
  public ArrowSchema text(String name, boolean isNullable) {
    return add(name, isNullable, Type.Utf8, ArrowSchema::utf8);
  }

  /** Adds a column of integers of 64 bits. */
  public ArrowSchema int64(String name) {
    return add(name, false, Type.Int, builder -> Int.createInt(builder, Long.SIZE, true));
  }

  /** Adds a column of integers of 32 bits, or null. */
  public ArrowSchema int32(String name) {
    return add(name, true, Type.Int, builder -> Int.createInt(builder, Integer.SIZE, true));
  }

  /** Adds a column of floats, or null. */
  public ArrowSchema float32(String name) {
    return add(name, true, Type.FloatingPoint, ArrowSchema::single);
  }

  /**
   * Adds a column of lists of floats.
   *
   * @param size the number of elements of each list
   */
  public ArrowSchema floats(String name, int size, boolean isNullable) {
    return addList(
        name,
        isNullable,
        Type.FixedSizeList,
        builder -> FixedSizeList.createFixedSizeList(builder, size));
  }

  /** Adds a column of lists of floats of any size, or null. */
  public ArrowSchema floats(String name) {
    return addList(
        name,
        true,
        Type.List,
        builder -> {
          org.apache.arrow.flatbuf.List.startList(builder);
          return org.apache.arrow.flatbuf.List.endList(builder);
        });
  }

  private static int utf8(FlatBufferBuilder builder) {
    Utf8.startUtf8(builder);
    return Utf8.endUtf8(builder);
  }

  private static int single(FlatBufferBuilder builder) {
    return FloatingPoint.createFloatingPoint(builder, Precision.SINGLE);
  }

  private ArrowSchema add(
      String name, boolean isNullable, byte type, Function<FlatBufferBuilder, Integer> create) {
    fields.add(
        builder -> field(builder, name, isNullable, type, create.apply(builder), new int[0]));
    return this;
  }

  private ArrowSchema addList(
      String name, boolean isNullable, byte type, Function<FlatBufferBuilder, Integer> create) {
    fields.add(
        builder -> {
          int[] element = {
            field(builder, ELEMENT, false, Type.FloatingPoint, single(builder), new int[0])
          };
          return field(builder, name, isNullable, type, create.apply(builder), element);
        });
    return this;
  }

  private static int field(
      FlatBufferBuilder builder,
      String name,
      boolean isNullable,
      byte type,
      int typeOffset,
      int[] children) {
    int text = builder.createString(name);
    int inner = Field.createChildrenVector(builder, children);
    Field.startField(builder);
    Field.addName(builder, text);
    Field.addNullable(builder, isNullable);
    Field.addTypeType(builder, type);
    Field.addType(builder, typeOffset);
    Field.addChildren(builder, inner);
    return Field.endField(builder);
  }

  /** Returns the value for the footer. */
  public String toNote() {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int columns =
        Schema.createFieldsVector(
            builder, fields.stream().mapToInt(field -> field.applyAsInt(builder)).toArray());
    Schema.startSchema(builder);
    Schema.addEndianness(builder, Endianness.Little);
    Schema.addFields(builder, columns);
    int schema = Schema.endSchema(builder);
    Message.startMessage(builder);
    Message.addVersion(builder, MetadataVersion.V5);
    Message.addHeaderType(builder, MessageHeader.Schema);
    Message.addHeader(builder, schema);
    Message.addBodyLength(builder, 0);
    builder.finish(Message.endMessage(builder));
    byte[] message = builder.sizedByteArray();
    int padded = (message.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer encapsulated =
        ByteBuffer.allocate(2 * Integer.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    encapsulated.putInt(CONTINUATION).putInt(padded).put(message);
    return Base64.getEncoder().encodeToString(encapsulated.array());
  }
}
