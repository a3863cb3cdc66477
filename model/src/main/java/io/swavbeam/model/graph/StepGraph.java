package io.swavbeam.model.graph;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingSchedule.Queue;
import io.swavbeam.model.graph.TrainingSchedule.Step;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Mode;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.loss.FeatureQueue;
import io.swavbeam.model.loss.SwappedPrediction;
import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.network.ProjectionHead;
import io.swavbeam.model.network.Prototypes;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.optimizer.DynamicLossScaler;
import io.swavbeam.model.optimizer.GlobalNorm;
import io.swavbeam.model.optimizer.Optimizer;
import io.swavbeam.model.optimizer.StepScalars;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.TensorNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TFloating;

/**
 * The network, its loss, its gradients and its optimiser as ops of one graph: what one step
 * computes.
 */
final class StepGraph implements AutoCloseable {
  private final SwavConfig config;
  private final Graph graph = new Graph();
  private final Parameters parameters;
  private final List<List<Operand<TUint8>>> shards = new ArrayList<>();
  private final SwavNetwork.Outputs outputs;
  private final Operand<TFloat32> loss;
  private final Map<String, Operand<TFloat32>> gradients;
  private final StepStatistics statistics;
  private final Placeholder<TFloat32> prototypesMove;
  private final @Nullable FeatureQueue queue;
  private final StepScalars headClock;
  private final StepScalars backboneClock;
  private final StepScalars prototypesClock;
  private final Op updateHead;
  private final Op updateBackbone;
  private final Op updateLossScaler;
  private final Op updatePrototypes;
  private final Op normalisePrototypes;
  private final Op updateQueue;

  /**
   * Builds the graph.
   *
   * @param precision of the backbone's activations
   * @param seed of the first values
   * @param devices that compute; the batch is split over them
   * @throws InvalidConfigException if it cannot be split evenly
   */
  StepGraph(SwavConfig config, Precision precision, long seed, Devices devices) {
    if (config.batchSize() % devices.count() != 0) {
      graph.close();
      throw new InvalidConfigException(
          "a batch of %d cannot be split evenly over %d devices"
              .formatted(config.batchSize(), devices.count()));
    }
    this.config = config;
    boolean ready = false;
    try {
      Ops tf = devices.main(Ops.create(graph));
      List<Ops> replicas = devices.replicas(Ops.create(graph));
      parameters = new Parameters(tf, seed);
      Layers<? extends TFloating> layers =
          new Layers<>(
              tf, replicas, Layers.type(precision), Mode.TRAINING, devices.areCpus(), parameters);
      SwavNetwork<?> network = new SwavNetwork<>(config.network(), layers);
      outputs = network.apply(cropGroups(tf, replicas));
      queue = queue(tf);
      SwappedPrediction.Result prediction =
          SwappedPrediction.of(
              tf,
              outputs.scores(),
              config.views(),
              config.batchSize(),
              config.loss(),
              queue == null ? List.of() : queue.scores(network.prototypes()));
      loss = prediction.loss();
      prototypesMove = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      DynamicLossScaler scale =
          precision == Precision.FLOAT16 ? new DynamicLossScaler(tf, parameters) : null;
      gradients = gradients(tf, layers, scale);
      Operand<TFloat32> gradientNorm = GlobalNorm.of(tf, List.copyOf(gradients.values()));
      statistics = new StepStatistics(tf, config, outputs, prediction, gradientNorm);

      headClock = new StepScalars(tf);
      backboneClock = new StepScalars(tf);
      prototypesClock = new StepScalars(tf);
      Optimizer optimizer = Optimizer.create(config.optimizer(), parameters);
      Map<String, Operand<TFloat32>> clipped = clipped(tf, gradientNorm);
      Op updateScale = tf.noOp();
      if (scale != null) {
        Operand<TBool> finite = tf.math.isFinite(gradientNorm);
        clipped.replaceAll((name, gradient) -> scale.guarded(gradient, finite));
        updateScale =
            scale.update(tf.withControlDependencies(List.copyOf(gradients.values())), finite);
      }
      // Nothing may change a variable before all gradients are computed.
      Ops ordered = tf.withControlDependencies(List.copyOf(clipped.values()));
      List<Op> ofHead = new ArrayList<>(layers.statisticsUpdates(ordered));
      List<Op> ofBackbone = new ArrayList<>();
      clipped.forEach(
          (name, gradient) -> {
            if (ProjectionHead.owns(name)) {
              ofHead.add(optimizer.update(ordered, name, gradient, headClock));
            } else if (!name.equals(Prototypes.NAME)) {
              ofBackbone.add(optimizer.update(ordered, name, gradient, backboneClock));
            }
          });
      updateHead = tf.withControlDependencies(ofHead).noOp();
      updateBackbone = tf.withControlDependencies(ofBackbone).noOp();
      updateLossScaler = updateScale;
      Op moved =
          optimizer.update(ordered, Prototypes.NAME, clipped.get(Prototypes.NAME), prototypesClock);
      updatePrototypes = network.prototypes().normalise(tf.withControlDependencies(List.of(moved)));
      normalisePrototypes = network.prototypes().normalise(tf);
      updateQueue = updateQueue(ordered);
      ready = true;
    } finally {
      if (!ready) {
        graph.close();
      }
    }
  }

  private Map<String, Operand<TFloat32>> gradients(
      Ops tf, Layers<?> layers, @Nullable DynamicLossScaler scale) {
    Map<String, Operand<TFloat32>> found =
        new LinkedHashMap<>(layers.gradients(graph, scale == null ? loss : scale.scaled(loss)));
    if (scale != null) {
      found.replaceAll((name, gradient) -> scale.unscaled(gradient));
    }
    found.computeIfPresent(
        Prototypes.NAME, (name, gradient) -> tf.math.mul(gradient, prototypesMove));
    return found;
  }

  /**
   * A placeholder for every batch shard and crop size; each replica takes some images, view-major.
   */
  private List<SwavNetwork.Group> cropGroups(Ops tf, List<Ops> replicas) {
    int images = config.batchSize() / replicas.size();
    List<SwavNetwork.Group> groups = new ArrayList<>();
    for (CropSpec spec : config.crops()) {
      int size = spec.size();
      Shape shape = Shape.of(spec.count(), config.shardSize(), size, size, 3);
      List<Operand<TUint8>> parts = new ArrayList<>();
      for (int shard = 0; shard < config.shardsPerStep(); shard++) {
        parts.add(tf.placeholder(TUint8.class, Placeholder.shape(shape)));
      }
      shards.add(parts);
      Operand<TUint8> batch = parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(1));
      List<Operand<TUint8>> ofTowers = new ArrayList<>();
      for (int i = 0; i < replicas.size(); i++) {
        Ops replica = replicas.get(i);
        Operand<TUint8> own = batch;
        if (replicas.size() > 1) {
          own =
              replica.slice(
                  batch,
                  replica.constant(new int[] {0, i * images, 0, 0, 0}),
                  replica.constant(new int[] {-1, images, -1, -1, -1}));
        }
        ofTowers.add(
            replica.reshape(
                own, replica.constant(new int[] {spec.count() * images, size, size, 3})));
      }
      groups.add(new SwavNetwork.Group(spec.count(), ofTowers));
    }
    return groups;
  }

  private @Nullable FeatureQueue queue(Ops tf) {
    int length = config.queue().queueLength();
    return length == 0
        ? null
        : new FeatureQueue(
            tf,
            parameters,
            config.loss().cropsForAssign().size(),
            length,
            config.network().projectionDim());
  }

  private Op updateQueue(Ops ordered) {
    if (queue == null) {
      return ordered.noOp();
    }
    List<Operand<TFloat32>> newest = new ArrayList<>();
    for (int view : config.loss().cropsForAssign()) {
      newest.add(SwappedPrediction.view(ordered, outputs.projections(), view, config.batchSize()));
    }
    List<Op> updates = queue.updates(ordered, newest, config.batchSize());
    return ordered.withControlDependencies(updates).noOp();
  }

  private Map<String, Operand<TFloat32>> clipped(Ops tf, Operand<TFloat32> gradientNorm) {
    double limit = config.optimizer().clipGlobalNorm();
    if (limit == 0) {
      return new LinkedHashMap<>(gradients);
    }
    Operand<TFloat32> factor = GlobalNorm.clipping(tf, gradientNorm, limit);
    Map<String, Operand<TFloat32>> clipped = new LinkedHashMap<>();
    gradients.forEach((name, gradient) -> clipped.put(name, tf.math.mul(gradient, factor)));
    return clipped;
  }

  /**
   * Runs one step.
   *
   * @param session of this graph, or of a copy of it
   */
  StepResult step(Session session, List<List<TUint8>> crops, Step step) {
    boolean frozen = step.prototypesUpdate() == 0;
    boolean backboneFrozen = step.backboneUpdate() == 0;
    try (TFloat32 move = TFloat32.scalarOf(frozen ? 0 : 1);
        TFloat32 headTime = StepScalars.at(step.update(), step.learningRate());
        TFloat32 backboneTime =
            StepScalars.at(Math.max(1, step.backboneUpdate()), step.learningRate());
        TFloat32 prototypesTime =
            StepScalars.at(Math.max(1, step.prototypesUpdate()), step.learningRate());
        TInt32 used = queue == null ? null : queue.use(step.queue() == Queue.USED)) {
      Session.Runner runner = feed(session.runner(), crops);
      runner
          .feed(TensorNames.of(prototypesMove), move)
          .feed(TensorNames.of(headClock.reading()), headTime)
          .feed(TensorNames.of(backboneClock.reading()), backboneTime)
          .feed(TensorNames.of(prototypesClock.reading()), prototypesTime)
          .addTarget(updateHead.op().name())
          .addTarget(updateLossScaler.op().name())
          .fetch(TensorNames.of(loss));
      statistics.fetch(runner);
      if (!backboneFrozen) {
        runner.addTarget(updateBackbone.op().name());
      }
      if (!frozen) {
        runner.addTarget(updatePrototypes.op().name());
      }
      if (queue != null) {
        runner.feed(TensorNames.of(queue.used()), used);
        if (step.queue() != Queue.OFF) {
          runner.addTarget(updateQueue.op().name());
        }
      }
      try (Result result = runner.run()) {
        return statistics.read(((TFloat32) result.get(0)).getFloat(), result, 1);
      }
    }
  }

  Session.Runner feed(Session.Runner runner, List<List<TUint8>> crops) {
    for (int shard = 0; shard < crops.size(); shard++) {
      for (int group = 0; group < shards.size(); group++) {
        runner.feed(TensorNames.of(shards.get(group).get(shard)), crops.get(shard).get(group));
      }
    }
    return runner;
  }

  /** All that a step computes at most. */
  List<Op> targets() {
    List<Op> targets =
        new ArrayList<>(
            List.of(updateHead, updateBackbone, updateLossScaler, updatePrototypes, updateQueue));
    targets.add(loss);
    targets.addAll(statistics.measured());
    return targets;
  }

  /** What scales every prototype to unit length. */
  Op normalisePrototypes() {
    return normalisePrototypes;
  }

  Parameters parameters() {
    return parameters;
  }

  SwavNetwork.Outputs outputs() {
    return outputs;
  }

  Operand<TFloat32> loss() {
    return loss;
  }

  Map<String, Operand<TFloat32>> gradients() {
    return gradients;
  }

  Placeholder<TFloat32> prototypesMove() {
    return prototypesMove;
  }

  Graph graph() {
    return graph;
  }

  @Override
  public void close() {
    graph.close();
  }
}
