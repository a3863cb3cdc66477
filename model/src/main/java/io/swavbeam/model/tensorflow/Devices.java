package io.swavbeam.model.tensorflow;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.DeviceSpec;
import org.tensorflow.DeviceSpec.DeviceType;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;

/** The devices that a network computes on; the first one holds its variables. */
public final class Devices {
  private final DeviceType type;
  private final List<Integer> numbers;

  private Devices(DeviceType type, List<Integer> numbers) {
    this.type = type;
    this.numbers = List.copyOf(numbers);
  }

  /** Returns the processors of this machine as one device. */
  public static Devices cpu() {
    return cpus(1);
  }

  /**
   * Returns the processors of this machine as several devices. This is not faster. It is for tests
   * of several replicas on machines without GPUs.
   */
  public static Devices cpus(int count) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(i);
    }
    return new Devices(DeviceType.CPU, numbers);
  }

  /** Returns GPUs by their numbers. The GPUs must exist. */
  public static Devices gpus(List<Integer> numbers) {
    return new Devices(DeviceType.GPU, numbers);
  }

  public boolean areCpus() {
    return type == DeviceType.CPU;
  }

  /** Returns the numbers of the devices, from 0. */
  List<Integer> numbers() {
    return numbers;
  }

  /** Returns the number of devices. */
  public int count() {
    return numbers.size();
  }

  /** Returns ops on the first device. */
  public Ops main(Ops tf) {
    return on(tf, 0);
  }

  /** Returns ops on each device. */
  public List<Ops> replicas(Ops tf) {
    List<Ops> replicas = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      replicas.add(on(tf, i));
    }
    return replicas;
  }

  private Ops on(Ops tf, int index) {
    if (!needPlacement()) {
      return tf;
    }
    return tf.withDevice(specification(index));
  }

  private DeviceSpec specification(int index) {
    return DeviceSpec.newBuilder().deviceType(type).deviceIndex(numbers.get(index)).build();
  }

  /** Returns whether ops must be placed on a device explicitly. */
  public boolean needPlacement() {
    return !areCpus() || numbers.size() > 1;
  }

  /** Returns the name of the first device in a graph. */
  public String mainName() {
    return specification(0).toString();
  }

  /** Opens a session on these devices, to be closed by the caller before the graph. */
  public Session open(Graph graph) {
    return new Session(graph, config().build());
  }

  private ConfigProto.Builder config() {
    ConfigProto.Builder config = Sessions.networkConfig().toBuilder().setAllowSoftPlacement(true);
    if (areCpus()) {
      config.putDeviceCount("CPU", numbers.size()).putDeviceCount("GPU", 0);
    }
    return config;
  }

  /**
   * Returns the configuration of a session on the first device, for a graph that names no devices.
   * A process can use only one GPU this way, because TensorFlow numbers the GPUs when the first
   * session is opened.
   */
  public ConfigProto unplacedConfig() {
    ConfigProto.Builder config = config();
    if (!areCpus() && numbers.get(0) > 0) {
      config.getGpuOptionsBuilder().setVisibleDeviceList(Integer.toString(numbers.get(0)));
    }
    return config.build();
  }

  /** Returns the devices as on the command line: {@code cpu}, or {@code gpu:0,gpu:1}. */
  @Override
  public String toString() {
    if (areCpus()) {
      return numbers.size() == 1 ? "cpu" : numbers.size() + " cpus";
    }
    return String.join(",", numbers.stream().map(number -> "gpu:" + number).toList());
  }
}
