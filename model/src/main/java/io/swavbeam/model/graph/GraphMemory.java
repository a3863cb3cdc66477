package io.swavbeam.model.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * The peak memory of the tensors of a graph, computed without running it. Ops are visited in the
 * order of TensorFlow's executor, first come, first served. A tensor is held from its op to the
 * last op that reads it.
 *
 * <p>Memory that ops allocate while they compute is not included. TensorFlow's allocator loses
 * memory between tensors of different sizes. Counting the largest tensor twice makes up for that:
 * the error was at most a tenth for batches that take some 20 GB on a CPU.
 */
final class GraphMemory {
  /** Ops whose outputs share the buffers of their inputs. */
  private static final Set<String> ALIASES =
      ops(
          "Identity IdentityN Reshape StopGradient PreventGradient Squeeze ExpandDims "
              + "Assign ApplyAdam ApplyMomentum");

  /** Ops that may reuse the buffer of an input, if no other op reads it. */
  private static final Set<String> IN_PLACE =
      ops(
          "Add AddV2 AddN BiasAdd Sub Mul RealDiv Div Relu ReluGrad Square "
              + "SquaredDifference Sqrt Exp Neg LogSoftmax FusedBatchNormV3");

  /**
   * Number of times that the largest tensor is counted in addition, for what the allocator loses.
   */
  private static final long LOST = 1;

  private static Set<String> ops(String names) {
    return Set.of(names.split(" "));
  }

  private static final String VARIABLE = "VariableV2";
  private static final String PLACEHOLDER = "Placeholder";
  private static final String CONTROL = "^";

  /**
   * The memory of a graph.
   *
   * @param variables bytes of the variables
   * @param peak peak bytes of all other tensors, including fed ones
   * @param definition bytes of the definitions of all runs together; each run has the part of the
   *     graph that it needs
   * @param operations floating point operations of the convolutions and matrix products of all runs
   */
  record Usage(long variables, long peak, long definition, double operations) {}

  /**
   * A run of a graph.
   *
   * @param targets the ops to run
   * @param times number of times
   */
  record Run(List<? extends Op> targets, int times) {}

  /**
   * An op that is run. Its properties are read from TensorFlow only once, because each call is
   * slow.
   */
  private static final class Node {
    private final String type;
    private final boolean alias;
    private final List<Input> inputs = new ArrayList<>();
    private final List<Node> consumers = new ArrayList<>();
    private final Shape[] shapes;
    private final long[] bytes;
    private final int[] readers;
    private final boolean[] held;
    private int missing;

    Node(GraphOperation op) {
      type = op.type();
      alias = ALIASES.contains(type);
      bytes = new long[op.numOutputs()];
      shapes = new Shape[bytes.length];
      readers = new int[bytes.length];
      held = new boolean[bytes.length];
      for (int i = 0; i < bytes.length && !alias; i++) {
        shapes[i] = op.output(i).shape();
        bytes[i] = size(op.output(i).dataType(), shapes[i]);
      }
    }
  }

  /** A tensor that an op reads. */
  private record Input(Node node, int index) {
    /** Returns the input whose buffer this tensor shares. */
    Input buffer() {
      return node.alias
          ? node.inputs.get(node.type.equals("IdentityN") ? index : 0).buffer()
          : this;
    }
  }

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private long variables;
  private long now;
  private long peak;
  private long largest;

  private GraphMemory(Graph graph, Map<String, NodeDef> definitions, List<? extends Op> targets) {
    for (Op target : targets) {
      add(target.op().name(), graph, definitions);
    }
  }

  /** Adds an op and all ops that it depends on. */
  private void add(String target, Graph graph, Map<String, NodeDef> definitions) {
    ArrayDeque<String> open = new ArrayDeque<>(List.of(target));
    Map<Node, List<String>> references = new LinkedHashMap<>();
    while (!open.isEmpty()) {
      String name = open.remove();
      if (nodes.containsKey(name)) {
        continue;
      }
      Node node = new Node(graph.operation(name));
      nodes.put(name, node);
      references.put(node, definitions.get(name).getInputList());
      references.get(node).forEach(reference -> open.add(nameOf(reference)));
    }
    references.forEach(
        (node, inputs) -> {
          Set<Node> before = new HashSet<>();
          for (String reference : inputs) {
            Node input = nodes.get(nameOf(reference));
            before.add(input);
            if (!reference.startsWith(CONTROL)) {
              int colon = reference.indexOf(':');
              node.inputs.add(
                  new Input(
                      input, colon < 0 ? 0 : Integer.parseInt(reference.substring(colon + 1))));
            }
          }
          node.missing = before.size();
          before.forEach(input -> input.consumers.add(node));
        });
  }

  /**
   * Returns the name of the op of an input in a graph definition: {@code name}, {@code name:1} or
   * {@code ^name}.
   */
  private static String nameOf(String reference) {
    int colon = reference.indexOf(':');
    return reference.substring(
        reference.startsWith(CONTROL) ? 1 : 0, colon < 0 ? reference.length() : colon);
  }

  /**
   * Returns the memory of consecutive runs of a graph.
   *
   * @param runs the runs, in order
   * @param kept bytes that stay in the session between runs, besides the variables
   */
  static Usage of(Graph graph, List<Run> runs, long kept) {
    GraphDef definition = graph.toGraphDef();
    Map<String, NodeDef> definitions = new HashMap<>();
    definition.getNodeList().forEach(node -> definitions.put(node.getName(), node));
    long variables = 0;
    long peak = 0;
    double nodes = 0;
    double operations = 0;
    for (Run run : runs) {
      GraphMemory memory = new GraphMemory(graph, definitions, run.targets());
      memory.run();
      operations += run.times() * memory.operations();
      variables = Math.max(variables, memory.variables);
      peak = Math.max(peak, memory.peak + LOST * memory.largest);
      nodes += memory.nodes.size();
    }
    double share = nodes / definition.getNodeCount();
    return new Usage(
        variables + kept, peak, Math.round(share * definition.getSerializedSize()), operations);
  }

  private void run() {
    for (Node node : nodes.values()) {
      if (!node.alias) {
        for (Input input : node.inputs) {
          Input buffer = input.buffer();
          buffer.node().readers[buffer.index()]++;
        }
      }
    }
    ArrayDeque<Node> ready = new ArrayDeque<>();
    nodes.values().stream().filter(node -> node.missing == 0).forEach(ready::add);
    while (!ready.isEmpty()) {
      Node node = ready.remove();
      if (!node.alias) {
        compute(node);
      }
      for (Node next : node.consumers) {
        next.missing--;
        if (next.missing == 0) {
          ready.add(next);
        }
      }
    }
  }

  private void compute(Node node) {
    if (node.type.equals(VARIABLE)) {
      variables += node.bytes[0];
      return;
    }
    if (IN_PLACE.contains(node.type)) {
      release(node);
      hold(node);
    } else {
      hold(node);
      release(node);
    }
  }

  private void hold(Node node) {
    for (int i = 0; i < node.bytes.length; i++) {
      if (node.readers[i] > 0) {
        node.held[i] = true;
        now += node.bytes[i];
        largest = Math.max(largest, node.bytes[i]);
      }
    }
    peak = Math.max(peak, now);
  }

  private void release(Node node) {
    for (Input input : node.inputs) {
      Input buffer = input.buffer();
      Node of = buffer.node();
      int index = buffer.index();
      of.readers[index]--;
      if (of.readers[index] == 0 && of.held[index] && !of.type.equals(PLACEHOLDER)) {
        of.held[index] = false;
        now -= of.bytes[index];
      }
    }
  }

  /**
   * Returns the floating point operations: two for each multiplication and addition of convolutions
   * and matrix products, and none for other ops.
   */
  private double operations() {
    double sum = 0;
    for (Node node : nodes.values()) {
      sum +=
          2
              * switch (node.type) {
                case "Conv2D" -> elements(shape(node, 0)) * ofOne(inputShape(node, 1));
                case "Conv2DBackpropInput" ->
                    elements(inputShape(node, 2)) * ofOne(inputShape(node, 1));
                case "Conv2DBackpropFilter" ->
                    elements(inputShape(node, 2)) * ofOne(shape(node, 0));
                // (n k)(k m) of an n x m result.
                case "MatMul" ->
                    Math.sqrt(
                        elements(inputShape(node, 0))
                            * elements(inputShape(node, 1))
                            * elements(shape(node, 0)));
                default -> 0;
              };
    }
    return sum;
  }

  private static Shape shape(Node node, int index) {
    return node.shapes[index] == null ? Shape.unknown() : node.shapes[index];
  }

  private static Shape inputShape(Node node, int input) {
    Input buffer = node.inputs.get(input).buffer();
    return shape(buffer.node(), buffer.index());
  }

  private static double elements(Shape shape) {
    return shape.isUnknown() || shape.hasUnknownDimension() ? 0 : shape.size();
  }

  /** Returns the number of products for one value of a convolution, by the shape of its kernel. */
  private static double ofOne(Shape kernel) {
    double all = elements(kernel);
    return all == 0 ? 0 : all / kernel.get(kernel.numDimensions() - 1);
  }

  /**
   * Returns the bytes of a tensor; 0 if its shape is not known, because such tensors are small
   * here.
   */
  private static long size(DataType type, Shape shape) {
    if (shape.isUnknown() || shape.hasUnknownDimension()) {
      return 0;
    }
    int bytes =
        switch (type) {
          case DT_UINT8, DT_INT8, DT_BOOL -> Byte.BYTES;
          case DT_BFLOAT16, DT_HALF -> Short.BYTES;
          case DT_INT64, DT_DOUBLE -> Long.BYTES;
          default -> Float.BYTES;
        };
    return shape.size() * bytes;
  }
}
