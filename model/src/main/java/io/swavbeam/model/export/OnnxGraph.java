package io.swavbeam.model.export;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A graph in the making, written as ONNX's protocol buffer messages
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the numbers are those of its fields).
 * Weights are written as they come, so that they are never all in memory.
 */
final class OnnxGraph {
  private static final int FLOAT = 1;
  private static final int UINT8 = 2;
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_INTS = 7;

  /** A weight: its name, its shape, and how many bytes its numbers have. */
  private record Weight(String name, List<Long> dims) {
    long bytes() {
      return Float.BYTES * dims.stream().reduce(1L, (a, b) -> a * b);
    }
  }

  private final ByteArrayOutputStream head = new ByteArrayOutputStream();
  private final List<Weight> weights = new ArrayList<>();
  private final CodedOutputStream graph = CodedOutputStream.newInstance(head);
  private int names;

  /** Writes into a message. */
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
  }

  private void add(int field, byte[] message) {
    try {
      graph.writeByteArray(field, message);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
  }

  /**
   * Adds an op.
   *
   * @param attributes Long, Float or a list of Long by their names
   * @return the name of its output
   */
  String node(String op, List<String> inputs, Map<String, Object> attributes) {
    names++;
    String output = "%s_%d".formatted(op.toLowerCase(Locale.ROOT), names);
    node(op, inputs, output, attributes);
    return output;
  }

  /** Adds an op whose output has a name. */
  void node(String op, List<String> inputs, String output, Map<String, Object> attributes) {
    add(
        1,
        message(
            out -> {
              for (String input : inputs) {
                out.writeString(1, input);
              }
              out.writeString(2, output);
              out.writeString(3, output);
              out.writeString(4, op);
              for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
                out.writeByteArray(5, attribute(attribute.getKey(), attribute.getValue()));
              }
            }));
  }

  private static byte[] attribute(String name, Object value) {
    return message(
        out -> {
          out.writeString(1, name);
          if (value instanceof Float number) {
            out.writeFloat(2, number);
            out.writeEnum(20, ATTRIBUTE_FLOAT);
          } else if (value instanceof Long number) {
            out.writeInt64(3, number);
            out.writeEnum(20, ATTRIBUTE_INT);
          } else {
            for (Object number : (List<?>) value) {
              out.writeInt64(8, (Long) number);
            }
            out.writeEnum(20, ATTRIBUTE_INTS);
          }
        });
  }

  /** Adds a small tensor. */
  String constant(String name, List<Long> dims, float... numbers) {
    add(5, tensor(name, dims, FLOAT, SafetensorsExport.bytes(numbers)));
    return name;
  }

  private static byte[] tensor(String name, List<Long> dims, int type, byte[] raw) {
    return message(
        out -> {
          for (long dim : dims) {
            out.writeInt64(1, dim);
          }
          out.writeInt32(2, type);
          out.writeString(8, name);
          out.writeByteArray(9, raw);
        });
  }

  /** Announces a weight; its numbers are written later, in the order of these calls. */
  String weight(String name, List<Long> dims) {
    weights.add(new Weight(name, dims));
    return name;
  }

  /** Names of the weights that were announced, in order. */
  List<String> weights() {
    return weights.stream().map(Weight::name).toList();
  }

  /** Adds the images, {@code [batch, height, width, 3] uint8}. */
  void images(String name) {
    add(11, value(name, UINT8, List.of("batch", "height", "width", 3L)));
  }

  /** Adds an output, {@code [batch, width] float32}. */
  void output(String name, long width) {
    add(12, value(name, FLOAT, List.of("batch", width)));
  }

  private static byte[] value(String name, int type, List<Object> dims) {
    byte[] shape =
        message(
            out -> {
              for (Object dim : dims) {
                out.writeByteArray(
                    1,
                    message(
                        inner -> {
                          if (dim instanceof Long size) {
                            inner.writeInt64(1, size);
                          } else {
                            inner.writeString(2, (String) dim);
                          }
                        }));
              }
            });
    byte[] tensor =
        message(
            out -> {
              out.writeInt32(1, type);
              out.writeByteArray(2, shape);
            });
    return message(
        out -> {
          out.writeString(1, name);
          out.writeByteArray(2, message(inner -> inner.writeByteArray(1, tensor)));
        });
  }

  /** Hands out the numbers of the weights, in their order. */
  interface Numbers {
    /** Calls the reader once for each weight. */
    void forEach(Reader reader) throws IOException;
  }

  /** Takes the numbers of the next weight. */
  interface Reader {
    void accept(float[] numbers) throws IOException;
  }

  /**
   * Writes the model.
   *
   * @param out closed by the caller
   */
  void write(OutputStream out, String model, Numbers numbers) throws IOException {
    graph.writeString(2, "swav");
    graph.flush();
    long length = head.size();
    for (Weight weight : weights) {
      long size = size(weight);
      length +=
          CodedOutputStream.computeTagSize(5)
              + CodedOutputStream.computeUInt64SizeNoTag(size)
              + size;
    }
    CodedOutputStream file = CodedOutputStream.newInstance(out);
    file.writeInt64(1, IR_VERSION);
    file.writeString(2, "swav");
    file.writeByteArray(
        14,
        message(
            inner -> {
              inner.writeString(1, "model");
              inner.writeString(2, model);
            }));
    file.writeByteArray(8, message(inner -> inner.writeInt64(2, OPSET)));
    file.writeTag(7, 2);
    file.writeUInt64NoTag(length);
    file.writeRawBytes(ByteString.copyFrom(head.toByteArray()));
    int[] next = new int[1];
    numbers.forEach(
        values -> {
          Weight weight = weights.get(next[0]++);
          file.writeTag(5, 2);
          file.writeUInt64NoTag(size(weight));
          for (long dim : weight.dims()) {
            file.writeInt64(1, dim);
          }
          file.writeInt32(2, FLOAT);
          file.writeString(8, weight.name());
          file.writeByteArray(9, SafetensorsExport.bytes(values));
        });
    file.flush();
    if (next[0] != weights.size()) {
      throw new IllegalStateException("weights are missing");
    }
  }

  /** Of a weight's message. */
  private static long size(Weight weight) {
    long dims =
        weight.dims().stream().mapToLong(dim -> CodedOutputStream.computeInt64Size(1, dim)).sum();
    return dims
        + CodedOutputStream.computeInt32Size(2, FLOAT)
        + CodedOutputStream.computeStringSize(8, weight.name())
        + CodedOutputStream.computeTagSize(9)
        + CodedOutputStream.computeUInt64SizeNoTag(weight.bytes())
        + weight.bytes();
  }
}
