package io.swavbeam.model.graph;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingSchedule.Step;
import io.swavbeam.model.layers.ColocatedGradients;
import io.swavbeam.model.layers.Mode;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.run.Checkpoints;
import io.swavbeam.model.run.LiteralFolder;
import io.swavbeam.model.tensorflow.DeviceMemory;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;

/**
 * The ops of a step, and the session that holds the variables.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class TrainingGraph implements Checkpoints.Variables, AutoCloseable {
  /**
   * Bytes that TensorFlow and oneDNN keep for a graph, for each byte of its definition (measured).
   */
  private static final long OF_GRAPH = 60;

  /** Bytes by which Java's heap grows while crops are made, as limited by the launcher. */
  private static final long HEAP = 1L << 29;

  private static final int MEASURED_IMAGES = 2;

  private final SwavConfig config;
  private final Precision precision;
  private GraphMemory.@Nullable Usage usage; // computed on first use
  private final Devices devices;
  private final StepGraph ops;
  // The graph of the session: the graph that was built, or a copy of it with a device for each op.
  private final Graph graph;
  private final Session session;
  // Whether each variable is finite. Created on first use, so that it does not count as memory of
  // training.
  private @Nullable Operand<TBool> finite;

  /**
   * Builds the graph and sets all variables to their first values.
   *
   * @param precision of the backbone's activations
   * @param seed of the first values
   * @param devices that compute; the batch is split over them
   * @throws InvalidConfigException if it cannot be split evenly
   */
  public TrainingGraph(SwavConfig config, Precision precision, long seed, Devices devices) {
    this(config, precision, seed, devices, Mode.TRAINING);
  }

  /** Builds the graph for tests, which may use other statistics of batch norm. */
  TrainingGraph(
      SwavConfig config, Precision precision, long seed, Devices devices, Mode batchNorm) {
    this.config = config;
    this.precision = precision;
    this.devices = devices;
    ops = new StepGraph(config, precision, seed, devices, batchNorm);
    Graph placed = null;
    Session opened = null;
    boolean ready = false;
    try {
      placed =
          devices.needPlacement()
              ? ColocatedGradients.place(ops.graph(), devices.mainName())
              : ops.graph();
      graph = placed;
      opened = devices.open(graph);
      session = opened;
      Session.Runner initialization = session.runner();
      ops.parameters().initializers().forEach(op -> initialization.addTarget(op.op().name()));
      initialization.run().close();
      ready = true;
    } finally {
      if (!ready) {
        free(opened, placed);
      }
    }
  }

  /**
   * Runs one step.
   *
   * @param crops for each batch shard, for each crop size: {@code [count, batch shard size, size,
   *     size, 3] uint8}; the caller keeps them
   * @param step the values of the step; frozen variables have gradients, which count for the norm
   *     of all gradients, but are not updated
   */
  public StepResult step(List<List<TUint8>> crops, Step step) {
    return ops.step(session, crops, step);
  }

  /**
   * Returns the memory of training, computed from the shapes of the tensors of the graph.
   *
   * @param window steps whose crops are held in memory
   */
  public TrainingMemory memory(int window) {
    return memory(config, precision, devices, window, usage());
  }

  /**
   * Returns the arithmetic of training, computed from the same shapes.
   *
   * @param steps number of steps
   */
  public TrainingWork work(long steps) {
    boolean narrow =
        precision != Precision.FLOAT32
            && Hardware.precision(Hardware.AUTO, devices) != Precision.FLOAT32;
    return new TrainingWork(usage().operations(), steps, devices, narrow);
  }

  private GraphMemory.Usage usage() {
    if (usage == null) {
      usage = ops.memory();
    }
    return usage;
  }

  /**
   * Returns the smallest number of micro-batches with which a step of a recipe fits into memory.
   *
   * @param window steps whose crops are held in memory
   * @return empty if a step does not fit in any number of micro-batches
   */
  public static OptionalInt microBatches(
      SwavConfig recipe, Precision precision, Devices devices, int window) {
    int parts = 1;
    while (true) {
      SwavConfig wanted = recipe.withMicroBatches(parts);
      TrainingMemory memory =
          memory(wanted, precision, devices, window, usage(wanted, precision, devices));
      if (memory.fits()) {
        return OptionalInt.of(parts);
      }
      // The estimate from few images may be slightly too low. If so, try more micro-batches.
      int tried = parts;
      OptionalInt next =
          memory.possible().stream()
              .mapToInt(more -> more)
              .filter(more -> more > tried && more >= memory.fittingMicroBatches().orElse(more))
              .findFirst();
      if (next.isEmpty()) {
        return next;
      }
      parts = next.getAsInt();
    }
  }

  private static TrainingMemory memory(
      SwavConfig config,
      Precision precision,
      Devices devices,
      int window,
      GraphMemory.Usage usage) {
    long step = ofOneDevice(usage.peak(), devices);
    long process = devices.areCpus() ? ofProcess(config, window, usage) : usage.variables();
    long available = DeviceMemory.available(devices);
    int images = config.microBatchSize();
    long ofAnImage =
        process + step > available
            ? ofAnImage(step, config, precision, devices)
            : Math.max(1, step / images);
    return new TrainingMemory(
        process,
        step,
        available,
        config.batchSize(),
        config.queue().queueLength(),
        config.microBatches(),
        possibleMicroBatches(config, devices),
        ofAnImage);
  }

  private static List<Integer> possibleMicroBatches(SwavConfig config, Devices devices) {
    return config.possibleMicroBatches().stream()
        .filter(parts -> config.batchSize() / parts % devices.count() == 0)
        .toList();
  }

  private static long ofProcess(SwavConfig config, int window, GraphMemory.Usage usage) {
    Runtime java = Runtime.getRuntime();
    return DeviceMemory.resident()
        + Math.min(HEAP, java.maxMemory() - java.totalMemory())
        + OF_GRAPH * usage.definition()
        + (window - 1) * config.cropBytes() * config.batchSize();
  }

  private static long ofOneDevice(long peak, Devices devices) {
    return peak / devices.count();
  }

  /** Returns the bytes that each image adds to a step, measured on a graph of few images. */
  private static long ofAnImage(
      long step, SwavConfig config, Precision precision, Devices devices) {
    SwavConfig few = config.withoutQueue().withBatchSize(MEASURED_IMAGES * devices.count());
    long ofFew = ofOneDevice(usage(few, precision, devices).peak(), devices);
    int more = config.microBatchSize() - few.batchSize();
    return Math.max(1, (step - ofFew) / Math.max(1, more));
  }

  private static GraphMemory.Usage usage(SwavConfig config, Precision precision, Devices devices) {
    try (StepGraph graph = new StepGraph(config, precision, 1, devices, Mode.TRAINING)) {
      return graph.memory();
    }
  }

  /**
   * Returns the largest batch of a recipe that fits into memory. On CPUs, half of the memory is
   * left to the rest of the process.
   */
  public static int largestBatch(SwavConfig recipe, Precision precision, Devices devices) {
    SwavConfig few = recipe.withoutQueue().withBatchSize(MEASURED_IMAGES * devices.count());
    SwavConfig more = few.withBatchSize(2 * few.batchSize());
    GraphMemory.Usage ofFew = usage(few, precision, devices);
    long added = usage(more, precision, devices).peak() - ofFew.peak();
    double ofAnImage = (double) Math.max(1, added) / (more.batchSize() - few.batchSize());
    long available = DeviceMemory.available(devices) / (devices.areCpus() ? 2 : 1);
    double left = available - ofFew.variables() - ofFew.peak();
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, devices.count() * left / ofAnImage));
  }

  /**
   * Returns the name of a variable that is not finite, if there is one: a weight, a statistic, the
   * optimiser's moments or the queue.
   */
  public Optional<String> firstNotFinite() {
    List<String> names = List.copyOf(ops.parameters().all().keySet());
    if (finite == null) {
      finite = finite(devices.main(Ops.create(graph)), names);
    }
    try (Result result = session.runner().fetch(finite).run()) {
      TBool each = (TBool) result.get(0);
      return IntStream.range(0, names.size())
          .filter(i -> !each.getBoolean(i))
          .mapToObj(names::get)
          .findFirst();
    }
  }

  private Operand<TBool> finite(Ops tf, List<String> names) {
    Operand<TInt32> flat = tf.array(-1);
    Operand<TInt32> axis = tf.array(0);
    List<Operand<TBool>> all = new ArrayList<>();
    for (String name : names) {
      Operand<TFloat32> value = tf.identity(graph.operation(name).<TFloat32>output(0));
      all.add(tf.reduceAll(tf.reshape(tf.math.isFinite(value), flat), axis));
    }
    return tf.stack(all);
  }

  /** Writes all variables, including those of the optimiser and the queue. */
  @Override
  public void save(Path prefix) {
    session.save(prefix.toString());
  }

  @Override
  public void restore(Path prefix) {
    LiteralFolder.restore(session, prefix);
  }

  /**
   * Sets variables.
   *
   * @throws IllegalArgumentException if there is no variable of a name and shape
   */
  public void set(Map<String, TFloat32> values) {
    ops.parameters().set(session, values);
  }

  /** Scales every prototype to unit length. */
  public void normalisePrototypes() {
    session.runner().addTarget(ops.normalisePrototypes().op().name()).run().close();
  }

  Session.Runner feed(Session.Runner runner, List<List<TUint8>> crops) {
    return ops.feed(runner, crops);
  }

  Session session() {
    return session;
  }

  Parameters parameters() {
    return ops.parameters();
  }

  SwavNetwork.Outputs outputs() {
    return ops.outputs();
  }

  Operand<TFloat32> loss() {
    return ops.loss();
  }

  Map<String, Operand<TFloat32>> gradients() {
    return ops.gradients();
  }

  Placeholder<TFloat32> prototypesMove() {
    return ops.prototypesMove();
  }

  Graph graph() {
    return graph;
  }

  @Override
  public void close() {
    free(session, graph);
  }

  /** Closes the session before the graph, because closing a graph waits for its sessions. */
  private void free(@Nullable Session opened, @Nullable Graph placed) {
    if (opened != null) {
      opened.close();
    }
    if (placed != null) {
      placed.close();
    }
    ops.close();
  }
}
