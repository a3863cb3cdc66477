package io.swavbeam.model.layers;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Puts backpropagation on the devices of what it goes back through. TensorFlow's automatic
 * gradients carry no device, so that all replicas' would be computed on the first.
 */
public final class ColocatedGradients {
  /** Adds up the gradients of all the places where something is used. */
  private static final String SUM = "AddN";

  private ColocatedGradients() {}

  /**
   * Copies a graph. Operations keep their names, and those that have a device keep it. The others
   * go to the device of the forward operations that they read, or else of the gradients; where
   * several replicas come together, to the main device.
   *
   * @param mainDevice for what has no inputs, and for sums over replicas
   */
  public static Graph place(Graph graph, String mainDevice) {
    GraphDef.Builder definition = graph.toGraphDef().toBuilder();
    Map<String, String> forward = new HashMap<>();
    Map<String, String> backward = new HashMap<>();
    // A graph lists its nodes in the order in which they were made, inputs first.
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
