package io.swavbeam.model.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a safetensors file: eight bytes of header length, a JSON header, little-endian data. */
public final class Safetensors {
  /** A tensor with little-endian bytes in row-major order. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Array(long[] shape, byte[] bytes) {
    /** Returns the values of a float32 tensor. */
    public float[] floats() {
      float[] values = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    }
  }

  private final Map<String, Array> arrays = new LinkedHashMap<>();

  public Safetensors(Path file) throws IOException {
    byte[] content = Files.readAllBytes(file);
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = Math.toIntExact(buffer.getLong());
    JsonNode header = new ObjectMapper().readTree(content, Long.BYTES, headerLength);
    int data = Long.BYTES + headerLength;
    header
        .fields()
        .forEachRemaining(
            field -> {
              JsonNode value = field.getValue();
              if (!value.has("shape")) {
                return; // metadata of the header
              }
              int begin = data + value.get("data_offsets").get(0).asInt();
              int end = data + value.get("data_offsets").get(1).asInt();
              long[] shape = new ObjectMapper().convertValue(value.get("shape"), long[].class);
              arrays.put(
                  field.getKey(),
                  new Array(shape, java.util.Arrays.copyOfRange(content, begin, end)));
            });
  }

  public Array get(String name) {
    Array array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException("no tensor " + name + " in " + arrays.keySet());
    }
    return array;
  }

  public Collection<String> names() {
    return arrays.keySet();
  }
}
