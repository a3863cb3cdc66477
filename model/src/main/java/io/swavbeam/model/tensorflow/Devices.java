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

  /** This machine's processors, as one device. */
  public static Devices cpu() {
    return cpus(1);
  }

  /**
   * This machine's processors, as several devices. That is no faster: it shows on any machine what
   * several GPUs do.
   */
  public static Devices cpus(int count) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(i);
    }
    return new Devices(DeviceType.CPU, numbers);
  }

  /** GPUs by their numbers, which must be there. */
  public static Devices gpus(List<Integer> numbers) {
    return new Devices(DeviceType.GPU, numbers);
  }

  public boolean areCpus() {
    return type == DeviceType.CPU;
  }

  /** Their numbers, from 0. */
  List<Integer> numbers() {
    return numbers;
  }

  /** How many there are. */
  public int count() {
    return numbers.size();
  }

  /** Ops of the first device. */
  public Ops main(Ops tf) {
    return on(tf, 0);
  }

  /** Ops of each device. */
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

  /** Name of the first device, as graphs have it. */
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
   * The configuration of a session whose graph names no devices, on the first of these. A process
   * can use one GPU so: TensorFlow numbers them when it opens its first session.
   */
  public ConfigProto unplacedConfig() {
    ConfigProto.Builder config = config();
    if (!areCpus() && numbers.get(0) > 0) {
      config.getGpuOptionsBuilder().setVisibleDeviceList(Integer.toString(numbers.get(0)));
    }
    return config.build();
  }

  /** As users write it: {@code cpu}, or {@code gpu:0,gpu:1}. */
  @Override
  public String toString() {
    if (areCpus()) {
      return numbers.size() == 1 ? "cpu" : numbers.size() + " cpus";
    }
    return String.join(",", numbers.stream().map(number -> "gpu:" + number).toList());
  }
}
