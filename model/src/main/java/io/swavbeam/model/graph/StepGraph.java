package io.swavbeam.model.graph;

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
import java.util.function.UnaryOperator;
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
 * The ops of one training step: the network, the loss, the gradients and the optimiser.
 *
 * <p>A step with one micro-batch is one run of the session. A step with several micro-batches has a
 * run that scores each micro-batch, a run that computes the codes of all of them ({@link
 * BatchCodes}), a run for the gradients of each, and a run that updates the weights by the mean
 * gradients ({@link PartSums}).
 */
final class StepGraph implements AutoCloseable {
  private final SwavConfig config;
  private final Graph graph = new Graph();
  private final Parameters parameters;
  private final CropInputs inputs;
  private final SwavNetwork.Outputs outputs;
  private final Operand<TFloat32> loss;
  private final Map<String, Operand<TFloat32>> gradients;
  private final Operand<TFloat32> gradientNorm;
  private final StepStatistics statistics;
  private final Placeholder<TFloat32> prototypesMove;
  private final @Nullable FeatureQueue queue;
  private final StepScalars headScalars;
  private final StepScalars backboneScalars;
  private final StepScalars prototypesScalars;
  private final Op updateHead;
  private final Op updateBackbone;
  private final Op updateLossScaler;
  private final Op updatePrototypes;
  private final Op normalisePrototypes;
  // Null with several micro-batches.
  private final @Nullable Op updateQueue;
  // Null with one micro-batch.
  private final @Nullable BatchCodes batchCodes;
  private final @Nullable PartSums sums;
  private final List<Operand<TFloat32>> partCodes = new ArrayList<>();

  /**
   * Builds the graph.
   *
   * @param precision of the backbone's activations
   * @param seed seed of the initial values
   * @param devices the devices that compute; each micro-batch is split over them
   * @param batchNorm the source of the statistics of batch norm
   * @throws InvalidConfigException if a micro-batch cannot be split evenly
   */
  StepGraph(SwavConfig config, Precision precision, long seed, Devices devices, Mode batchNorm) {
    if (config.microBatchSize() % devices.count() != 0) {
      graph.close();
      throw new InvalidConfigException(
          "%s of %d cannot be split evenly over %d devices"
              .formatted(
                  config.microBatches() == 1 ? "a batch" : "a part of the batch",
                  config.microBatchSize(),
                  devices.count()));
    }
    this.config = config;
    boolean ready = false;
    try {
      Ops tf = devices.main(Ops.create(graph));
      List<Ops> replicas = devices.replicas(Ops.create(graph));
      parameters = new Parameters(tf, seed);
      Layers<? extends TFloating> layers =
          new Layers<>(
              tf, replicas, Layers.type(precision), batchNorm, devices.areCpus(), parameters);
      SwavNetwork<?> network = new SwavNetwork<>(config.network(), layers);
      inputs = new CropInputs(config, tf, replicas);
      List<Operand<TFloat32>> features = network.features(inputs.groups());
      outputs = network.outputs(features);
      queue = queue(tf);
      boolean isWhole = config.microBatches() == 1;
      List<Operand<TFloat32>> codes = isWhole ? codes(tf, network) : fedCodes(tf);
      loss =
          SwappedPrediction.loss(
              tf, outputs.scores(), config.views(), config.microBatchSize(), config.loss(), codes);
      prototypesMove = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      DynamicLossScaler scale =
          precision == Precision.FLOAT16 ? new DynamicLossScaler(tf, parameters) : null;
      sums = isWhole ? null : new PartSums(tf, config.microBatches());
      UnaryOperator<Operand<TFloat32>> overParts =
          sums == null ? UnaryOperator.identity() : sums::mean;
      gradients = gradients(tf, layers, scale, overParts);
      gradientNorm = GlobalNorm.of(tf, List.copyOf(gradients.values()));

      headScalars = new StepScalars(tf);
      backboneScalars = new StepScalars(tf);
      prototypesScalars = new StepScalars(tf);
      Optimizer optimizer = Optimizer.create(config.optimizer(), parameters);
      Map<String, Operand<TFloat32>> clipped = clipped(tf);
      Op updateScale = tf.noOp();
      if (scale != null) {
        Operand<TBool> finite = tf.math.isFinite(gradientNorm);
        clipped.replaceAll((name, gradient) -> scale.guarded(gradient, finite));
        updateScale =
            scale.update(tf.withControlDependencies(List.copyOf(gradients.values())), finite);
      }
      // No variable may change before all gradients are computed. All updates wait for one op. If
      // each update waited for each gradient, ResNet-50 would have a million edges, and TensorFlow
      // would take ten seconds to read them.
      Op computed = tf.withControlDependencies(List.copyOf(clipped.values())).noOp();
      Ops ordered = tf.withControlDependencies(List.of(computed));
      List<Op> ofHead = new ArrayList<>(layers.statisticsUpdates(ordered, overParts));
      List<Op> ofBackbone = new ArrayList<>();
      clipped.forEach(
          (name, gradient) -> {
            if (ProjectionHead.owns(name)) {
              ofHead.add(optimizer.update(ordered, name, gradient, headScalars));
            } else if (!name.equals(Prototypes.NAME)) {
              ofBackbone.add(optimizer.update(ordered, name, gradient, backboneScalars));
            }
          });
      updateHead = tf.withControlDependencies(ofHead).noOp();
      updateBackbone = tf.withControlDependencies(ofBackbone).noOp();
      updateLossScaler = updateScale;
      Op moved =
          optimizer.update(
              ordered, Prototypes.NAME, clipped.get(Prototypes.NAME), prototypesScalars);
      updatePrototypes = network.prototypes().normalise(tf.withControlDependencies(List.of(moved)));
      normalisePrototypes = network.prototypes().normalise(tf);
      // Created last, because its pass through the head does not count for the running statistics.
      batchCodes = isWhole ? null : new BatchCodes(tf, config, network, features, queue);
      updateQueue = isWhole ? updateQueue(ordered) : null;
      statistics =
          batchCodes == null
              ? new StepStatistics(
                  tf,
                  codes,
                  outputs.projections(),
                  viewsForAssign(tf, outputs.scores()),
                  config.network().projectionDim())
              : batchCodes.statistics();
      ready = true;
    } finally {
      if (!ready) {
        graph.close();
      }
    }
  }

  private List<Operand<TFloat32>> codes(Ops tf, SwavNetwork<?> network) {
    return SwappedPrediction.codes(
        tf,
        viewsForAssign(tf, outputs.scores()),
        config.batchSize(),
        config.loss(),
        queue == null ? List.of() : queue.scores(network.prototypes()));
  }

  private List<Operand<TFloat32>> fedCodes(Ops tf) {
    Shape shape = Shape.of(config.microBatchSize(), config.network().prototypes());
    for (int i = 0; i < config.loss().cropsForAssign().size(); i++) {
      partCodes.add(tf.placeholder(TFloat32.class, Placeholder.shape(shape)));
    }
    return List.copyOf(partCodes);
  }

  /** Returns the rows of each view that codes are computed from. */
  private List<Operand<TFloat32>> viewsForAssign(Ops tf, Operand<TFloat32> rows) {
    return config.loss().cropsForAssign().stream()
        .map(view -> SwappedPrediction.view(tf, rows, view, config.microBatchSize()))
        .toList();
  }

  private Map<String, Operand<TFloat32>> gradients(
      Ops tf,
      Layers<?> layers,
      @Nullable DynamicLossScaler scale,
      UnaryOperator<Operand<TFloat32>> overParts) {
    Map<String, Operand<TFloat32>> found =
        new LinkedHashMap<>(layers.gradients(graph, scale == null ? loss : scale.scaled(loss)));
    if (scale != null) {
      found.replaceAll((name, gradient) -> scale.unscaled(gradient));
    }
    found.replaceAll((name, gradient) -> overParts.apply(gradient));
    found.computeIfPresent(
        Prototypes.NAME, (name, gradient) -> tf.math.mul(gradient, prototypesMove));
    return found;
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
    List<Op> updates =
        queue.updates(ordered, viewsForAssign(ordered, outputs.projections()), config.batchSize());
    return ordered.withControlDependencies(updates).noOp();
  }

  private Map<String, Operand<TFloat32>> clipped(Ops tf) {
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
   * @param session a session of this graph, or of a copy of it
   */
  StepResult step(Session session, List<List<TUint8>> crops, Step step) {
    try (TInt32 used = queue == null ? null : queue.use(step.queue() == Queue.USED)) {
      return batchCodes == null
          ? wholeStep(session, crops, step, used)
          : stepOfParts(session, crops, step, used);
    }
  }

  private StepResult wholeStep(
      Session session, List<List<TUint8>> crops, Step step, @Nullable TInt32 used) {
    Session.Runner runner =
        withQueue(feed(session.runner(), crops), used).fetch(TensorNames.of(loss));
    statistics.fetch(runner);
    if (queue != null && step.queue() != Queue.OFF) {
      runner.addTarget(updateQueue.op().name());
    }
    int norm = 1 + statistics.measured().size();
    try (Result result = update(runner, step)) {
      return statistics.read(
          StepStatistics.scalar(result, 0), StepStatistics.scalar(result, norm), result, 1);
    }
  }

  private StepResult stepOfParts(
      Session session, List<List<TUint8>> crops, Step step, @Nullable TInt32 used) {
    List<Result> scored = new ArrayList<>();
    try {
      for (int part = 0; part < config.microBatches(); part++) {
        try (TInt32 begin = inputs.begin(part)) {
          scored.add(batchCodes.score(inputs.feed(session.runner(), crops, part, begin)));
        }
      }
      Session.Runner ofBatch = withQueue(session.runner(), used);
      sums.clear().forEach(op -> ofBatch.addTarget(op.op().name()));
      try (Result coded = batchCodes.codes(ofBatch, scored, step.queue() != Queue.OFF)) {
        float sum = 0;
        for (int part = 0; part < config.microBatches(); part++) {
          sum += addGradients(session, crops, coded, part);
        }
        try (Result updated = update(session.runner(), step)) {
          return statistics.read(
              sum / config.microBatches(),
              StepStatistics.scalar(updated, 0),
              coded,
              batchCodes.firstStatistic());
        }
      }
    } finally {
      scored.forEach(Result::close);
    }
  }

  /**
   * Adds the gradients of a micro-batch to those of the micro-batches before it, and returns its
   * loss.
   */
  private float addGradients(Session session, List<List<TUint8>> crops, Result coded, int part) {
    try (TInt32 begin = inputs.begin(part)) {
      Session.Runner runner = inputs.feed(session.runner(), crops, part, begin);
      batchCodes.feed(runner, partCodes, coded, part).fetch(TensorNames.of(loss));
      sums.add().forEach(op -> runner.addTarget(op.op().name()));
      try (Result result = runner.run()) {
        return StepStatistics.scalar(result, 0);
      }
    }
  }

  private Session.Runner withQueue(Session.Runner runner, @Nullable TInt32 used) {
    return queue == null ? runner : runner.feed(TensorNames.of(queue.used()), used);
  }

  /** Runs the updates. The last fetched value is the norm of the gradients. */
  private Result update(Session.Runner runner, Step step) {
    boolean frozen = step.prototypesUpdate() == 0;
    boolean backboneFrozen = step.backboneUpdate() == 0;
    try (TFloat32 move = TFloat32.scalarOf(frozen ? 0 : 1);
        TFloat32 headTime = StepScalars.valuesFor(step.update(), step.learningRate());
        TFloat32 backboneTime =
            StepScalars.valuesFor(Math.max(1, step.backboneUpdate()), step.learningRate());
        TFloat32 prototypesTime =
            StepScalars.valuesFor(Math.max(1, step.prototypesUpdate()), step.learningRate())) {
      runner
          .feed(TensorNames.of(prototypesMove), move)
          .feed(TensorNames.of(headScalars.values()), headTime)
          .feed(TensorNames.of(backboneScalars.values()), backboneTime)
          .feed(TensorNames.of(prototypesScalars.values()), prototypesTime)
          .addTarget(updateHead.op().name())
          .addTarget(updateLossScaler.op().name())
          .fetch(TensorNames.of(gradientNorm));
      if (!backboneFrozen) {
        runner.addTarget(updateBackbone.op().name());
      }
      if (!frozen) {
        runner.addTarget(updatePrototypes.op().name());
      }
      return runner.run();
    }
  }

  /** Feeds the crops of a step with one micro-batch. */
  Session.Runner feed(Session.Runner runner, List<List<TUint8>> crops) {
    return inputs.feed(runner, crops, 0, null);
  }

  /** Returns the memory of a step: that of its largest session run. */
  GraphMemory.Usage memory() {
    List<Op> update =
        new ArrayList<>(
            List.of(updateHead, updateBackbone, updateLossScaler, updatePrototypes, gradientNorm));
    if (batchCodes == null) {
      update.add(updateQueue);
      update.add(loss);
      update.addAll(statistics.measured());
      return GraphMemory.of(graph, List.of(new GraphMemory.Run(update, 1)), 0);
    }
    List<Op> ofPart = new ArrayList<>(sums.add());
    ofPart.add(loss);
    List<Op> ofBatch = new ArrayList<>(batchCodes.ofBatch());
    ofBatch.addAll(sums.clear());
    int parts = config.microBatches();
    return GraphMemory.of(
        graph,
        List.of(
            new GraphMemory.Run(update, 1),
            new GraphMemory.Run(ofPart, parts),
            new GraphMemory.Run(batchCodes.ofPart(), parts),
            new GraphMemory.Run(ofBatch, 1)),
        sums.bytes());
  }

  /** Returns the op that scales each prototype to unit length. */
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
