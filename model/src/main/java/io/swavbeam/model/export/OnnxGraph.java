package io.swavbeam.model.export;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A graph that is written as protocol buffer messages of ONNX. Weights are written one by one, so
 * that they are never all in memory. Equal models give equal files.
 */
final class OnnxGraph {
  // Numbers of the fields, message by message, and of the types:
  // https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
  private static final class Model {
    static final int IR_VERSION = 1;
    static final int PRODUCER_NAME = 2;
    static final int GRAPH = 7;
    static final int OPSET_IMPORT = 8;
    static final int METADATA_PROPS = 14;
  }

  private static final class Opset {
    static final int VERSION = 2;
  }

  private static final class Entry {
    static final int KEY = 1;
    static final int VALUE = 2;
  }

  private static final class Graph {
    static final int NODE = 1;
    static final int NAME = 2;
    static final int INITIALIZER = 5;
    static final int INPUT = 11;
    static final int OUTPUT = 12;
  }

  private static final class Node {
    static final int INPUT = 1;
    static final int OUTPUT = 2;
    static final int NAME = 3;
    static final int OP_TYPE = 4;
    static final int ATTRIBUTE = 5;
  }

  private static final class Attribute {
    static final int NAME = 1;
    static final int I = 3;
    static final int INTS = 8;
    static final int TYPE = 20;
    static final int TYPE_INT = 2;
    static final int TYPE_INTS = 7;
  }

  private static final class Tensor {
    static final int DIMS = 1;
    static final int DATA_TYPE = 2;
    static final int NAME = 8;
    static final int RAW_DATA = 9;
  }

  private static final class Value {
    static final int NAME = 1;
    static final int TYPE = 2;
    static final int TENSOR_TYPE = 1;
    static final int ELEM_TYPE = 1;
    static final int SHAPE = 2;
    static final int DIM = 1;
    static final int DIM_VALUE = 1;
    static final int DIM_PARAM = 2;
  }

  private static final int FLOAT = 1;
  private static final int UINT8 = 2;

  // Opset 17 is of 2022, and the ops used here are older, so all current runtimes support it.
  private static final int IR = 8;
  private static final int OPSET = 17;

  /** The wire type of values that are preceded by their length. */
  private static final int LENGTH_DELIMITED = 2;

  private static final String PRODUCER = "swav";

  /** A weight with its name and its shape. */
  private record Weight(String name, List<Long> dims) {
    long bytes() {
      return Float.BYTES * dims.stream().reduce(1L, (a, b) -> a * b);
    }
  }

  private final ByteArrayOutputStream head = new ByteArrayOutputStream();
  private final List<Weight> weights = new ArrayList<>();
  private final CodedOutputStream graph = CodedOutputStream.newInstance(head);
  private int names;

  /** Writes the fields of a message. */
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
   * @param attributes values of type Long or list of Long, by their names
   * @return the name of its output
   */
  String node(String op, List<String> inputs, Map<String, Object> attributes) {
    names++;
    String output = "%s_%d".formatted(op.toLowerCase(Locale.ROOT), names);
    node(op, inputs, output, attributes);
    return output;
  }

  /** Adds an op with a name for its output. */
  void node(String op, List<String> inputs, String output, Map<String, Object> attributes) {
    add(
        Graph.NODE,
        message(
            out -> {
              for (String input : inputs) {
                out.writeString(Node.INPUT, input);
              }
              out.writeString(Node.OUTPUT, output);
              out.writeString(Node.NAME, output);
              out.writeString(Node.OP_TYPE, op);
              for (Map.Entry<String, Object> attribute : new TreeMap<>(attributes).entrySet()) {
                out.writeByteArray(
                    Node.ATTRIBUTE, attribute(attribute.getKey(), attribute.getValue()));
              }
            }));
  }

  private static byte[] attribute(String name, Object value) {
    return message(
        out -> {
          out.writeString(Attribute.NAME, name);
          if (value instanceof Long number) {
            out.writeInt64(Attribute.I, number);
            out.writeEnum(Attribute.TYPE, Attribute.TYPE_INT);
          } else {
            for (Object number : (List<?>) value) {
              out.writeInt64(Attribute.INTS, (Long) number);
            }
            out.writeEnum(Attribute.TYPE, Attribute.TYPE_INTS);
          }
        });
  }

  /** Adds a small tensor. */
  String constant(String name, List<Long> dims, float... numbers) {
    add(
        Graph.INITIALIZER,
        message(out -> tensor(out, name, dims, SafetensorsExport.bytes(numbers))));
    return name;
  }

  private static void tensor(CodedOutputStream out, String name, List<Long> dims, byte[] raw)
      throws IOException {
    for (long dim : dims) {
      out.writeInt64(Tensor.DIMS, dim);
    }
    out.writeInt32(Tensor.DATA_TYPE, FLOAT);
    out.writeString(Tensor.NAME, name);
    out.writeByteArray(Tensor.RAW_DATA, raw);
  }

  /** Announces a weight. Its numbers are written later, in the order of these calls. */
  String weight(String name, List<Long> dims) {
    weights.add(new Weight(name, dims));
    return name;
  }

  /** Adds the images, {@code [batch, height, width, 3] uint8}. */
  void images(String name) {
    add(Graph.INPUT, value(name, UINT8, List.of("batch", "height", "width", 3L)));
  }

  /** Adds an output, {@code [batch, width] float32}. */
  void output(String name, long width) {
    add(Graph.OUTPUT, value(name, FLOAT, List.of("batch", width)));
  }

  private static byte[] value(String name, int type, List<Object> dims) {
    byte[] shape =
        message(
            out -> {
              for (Object dim : dims) {
                out.writeByteArray(Value.DIM, dim(dim));
              }
            });
    byte[] tensor =
        message(
            out -> {
              out.writeInt32(Value.ELEM_TYPE, type);
              out.writeByteArray(Value.SHAPE, shape);
            });
    return message(
        out -> {
          out.writeString(Value.NAME, name);
          out.writeByteArray(
              Value.TYPE, message(inner -> inner.writeByteArray(Value.TENSOR_TYPE, tensor)));
        });
  }

  /** Returns a dimension: a size, or the name of a free size. */
  private static byte[] dim(Object dim) {
    return message(
        out -> {
          if (dim instanceof Long size) {
            out.writeInt64(Value.DIM_VALUE, size);
          } else {
            out.writeString(Value.DIM_PARAM, (String) dim);
          }
        });
  }

  /** Provides the numbers of the weights, in order. */
  interface Numbers {
    /** Calls the reader once for each weight. */
    void forEach(Reader reader) throws IOException;
  }

  /** Receives the numbers of the next weight. */
  interface Reader {
    void accept(float[] numbers) throws IOException;
  }

  /**
   * Writes the model.
   *
   * @param out the file; not closed
   */
  void write(OutputStream out, String model, Numbers numbers) throws IOException {
    graph.writeString(Graph.NAME, PRODUCER);
    graph.flush();
    long length = head.size();
    for (Weight weight : weights) {
      long size = size(weight);
      length +=
          CodedOutputStream.computeTagSize(Graph.INITIALIZER)
              + CodedOutputStream.computeUInt64SizeNoTag(size)
              + size;
    }
    CodedOutputStream file = CodedOutputStream.newInstance(out);
    file.writeInt64(Model.IR_VERSION, IR);
    file.writeString(Model.PRODUCER_NAME, PRODUCER);
    file.writeByteArray(
        Model.METADATA_PROPS,
        message(
            inner -> {
              inner.writeString(Entry.KEY, "model");
              inner.writeString(Entry.VALUE, model);
            }));
    file.writeByteArray(
        Model.OPSET_IMPORT, message(inner -> inner.writeInt64(Opset.VERSION, OPSET)));
    file.writeTag(Model.GRAPH, LENGTH_DELIMITED);
    file.writeUInt64NoTag(length);
    file.writeRawBytes(head.toByteArray());
    int[] next = new int[1];
    numbers.forEach(
        values -> {
          Weight weight = weights.get(next[0]++);
          file.writeTag(Graph.INITIALIZER, LENGTH_DELIMITED);
          file.writeUInt64NoTag(size(weight));
          tensor(file, weight.name(), weight.dims(), SafetensorsExport.bytes(values));
        });
    file.flush();
    if (next[0] != weights.size()) {
      throw new IllegalStateException("weights are missing");
    }
  }

  /** Returns the length of a weight's message. */
  private static long size(Weight weight) {
    long dims = 0;
    for (long dim : weight.dims()) {
      dims += CodedOutputStream.computeInt64Size(Tensor.DIMS, dim);
    }
    return dims
        + CodedOutputStream.computeInt32Size(Tensor.DATA_TYPE, FLOAT)
        + CodedOutputStream.computeStringSize(Tensor.NAME, weight.name())
        + CodedOutputStream.computeTagSize(Tensor.RAW_DATA)
        + CodedOutputStream.computeUInt64SizeNoTag(weight.bytes())
        + weight.bytes();
  }
}
