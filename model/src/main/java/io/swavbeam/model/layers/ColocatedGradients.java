package io.swavbeam.model.layers;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * The placement of the ops of backpropagation on the devices of the forward ops. TensorFlow's
 * automatic gradients have no device, so all replicas' gradients would be computed on the first
 * device.
 */
public final class ColocatedGradients {
  /** The op that sums the gradients of all uses of a tensor. */
  private static final String SUM = "AddN";

  private ColocatedGradients() {}

  /**
   * Copies a graph. Ops keep their names, and their devices if they have one. Other ops are placed
   * on the device of the forward ops that they read, or else of the gradients that they read. Ops
   * that read from several replicas are placed on the main device.
   *
   * @param mainDevice the device for ops without inputs, and for sums over replicas
   */
  public static Graph place(Graph graph, String mainDevice) {
    GraphDef.Builder definition = graph.toGraphDef().toBuilder();
    Map<String, String> forward = new HashMap<>();
    Map<String, String> backward = new HashMap<>();
    // A graph lists its nodes in the order of their creation, inputs first.
    for (NodeDef.Builder node : definition.getNodeBuilderList()) {
      if (!node.getDevice().isEmpty()) {
        forward.put(node.getName(), node.getDevice());
        continue;
      }
      Set<String> ofForward = devices(node, forward);
      Set<String> ofGradients = devices(node, backward);
      ofForward.remove(mainDevice);
      if (!node.getOp().equals(SUM)) {
        ofGradients.remove(mainDevice);
      }
      Set<String> decisive = ofForward.isEmpty() ? ofGradients : ofForward;
      node.setDevice(decisive.size() == 1 ? decisive.iterator().next() : mainDevice);
      backward.put(node.getName(), node.getDevice());
    }
    Graph placed = new Graph();
    placed.importGraphDef(definition.build());
    return placed;
  }

  private static Set<String> devices(NodeDef.Builder node, Map<String, String> known) {
    Set<String> devices = new HashSet<>();
    for (String input : node.getInputList()) {
      String device = known.get(input.replaceFirst("^\\^", "").replaceFirst(":\\d+$", ""));
      if (device != null) {
        devices.add(device);
      }
    }
    return devices;
  }
}
