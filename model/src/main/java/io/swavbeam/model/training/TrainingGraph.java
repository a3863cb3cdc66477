package io.swavbeam.model.training;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.loss.SwappedPrediction;
import io.swavbeam.model.network.Mode;
import io.swavbeam.model.network.Parameters;
import io.swavbeam.model.network.Prototypes;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.optimizer.Adam;
import io.swavbeam.model.optimizer.AdamClock;
import io.swavbeam.model.optimizer.GlobalNorm;
import io.swavbeam.model.tensorflow.Sessions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * The network, its loss, its gradients and its optimiser as one graph, with the session that holds
 * the variables. One step is one call of the session.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class TrainingGraph implements AutoCloseable {
  /**
   * What a step measured.
   *
   * @param loss before the update
   * @param gradientNorm of all gradients together, before clipping
   */
  public record StepResult(float loss, float gradientNorm) {}

  private final SwavConfig config;
  private final Graph graph;
  private final Session session;
  private final Parameters parameters;
  private final List<List<Operand<TUint8>>> stripes = new ArrayList<>();
  private final SwavNetwork.Outputs outputs;
  private final Operand<TFloat32> loss;
  private final Map<String, Operand<TFloat32>> gradients = new LinkedHashMap<>();
  private final Operand<TFloat32> gradientNorm;
  private final Placeholder<TFloat32> prototypesMove;
  private final AdamClock networkClock;
  private final AdamClock prototypesClock;
  private final Op updateNetwork;
  private final Op updatePrototypes;

  /**
   * Builds the graph and sets all variables to their first values.
   *
   * @param seed of those values
   */
  public TrainingGraph(SwavConfig config, long seed) {
    this.config = config;
    graph = new Graph();
    try {
      Ops tf = Ops.create(graph);
      parameters = new Parameters(tf, seed);
      SwavNetwork network = new SwavNetwork(tf, config.network(), parameters);
      outputs = network.apply(cropGroups(tf), Mode.TRAINING);
      loss =
          SwappedPrediction.loss(
              tf, outputs.scores(), config.views(), config.batchSize(), config.loss(), List.of());
      prototypesMove = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      differentiate(tf);
      gradientNorm = GlobalNorm.of(tf, List.copyOf(gradients.values()));

      networkClock = new AdamClock(tf);
      prototypesClock = new AdamClock(tf);
      Adam adam = new Adam(parameters, config.optimizer());
      Map<String, Operand<TFloat32>> clipped = clipped(tf);
      // Nothing may change a variable before all gradients are computed.
      Ops ordered = tf.withControlDependencies(List.copyOf(clipped.values()));
      List<Op> updates = new ArrayList<>(network.statisticsUpdates(ordered));
      clipped.forEach(
          (name, gradient) -> {
            if (!name.equals(Prototypes.NAME)) {
              updates.add(adam.update(ordered, name, gradient, networkClock));
            }
          });
      updateNetwork = tf.withControlDependencies(updates).noOp();
      Op moved =
          adam.update(ordered, Prototypes.NAME, clipped.get(Prototypes.NAME), prototypesClock);
      updatePrototypes = network.prototypes().normalise(tf.withControlDependencies(List.of(moved)));

      session = Sessions.open(graph);
      parameters.initializers().forEach(session::run);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  /** A placeholder for every stripe and crop size, put together to one batch a size, view-major. */
  private List<Operand<TUint8>> cropGroups(Ops tf) {
    List<Operand<TUint8>> groups = new ArrayList<>();
    for (CropSpec spec : config.crops()) {
      Shape shape = Shape.of(spec.count(), config.stripeSize(), spec.size(), spec.size(), 3);
      List<Operand<TUint8>> parts = new ArrayList<>();
      for (int stripe = 0; stripe < config.stripesPerStep(); stripe++) {
        parts.add(tf.placeholder(TUint8.class, Placeholder.shape(shape)));
      }
      stripes.add(parts);
      Operand<TUint8> joined = parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(1));
      long images = (long) spec.count() * config.batchSize();
      groups.add(tf.reshape(joined, tf.constant(new long[] {images, spec.size(), spec.size(), 3})));
    }
    return groups;
  }

  private void differentiate(Ops tf) {
    List<String> names = List.copyOf(parameters.trainable().keySet());
    Output<?>[] by =
        parameters.trainable().values().stream().map(Operand::asOutput).toArray(Output<?>[]::new);
    Output<?>[] found = graph.addGradients(loss.asOutput(), by);
    for (int i = 0; i < by.length; i++) {
      @SuppressWarnings("unchecked") // the gradient has the type of what it is taken by
      Operand<TFloat32> gradient = (Output<TFloat32>) found[i];
      String name = names.get(i);
      gradients.put(
          name, name.equals(Prototypes.NAME) ? tf.math.mul(gradient, prototypesMove) : gradient);
    }
  }

  private Map<String, Operand<TFloat32>> clipped(Ops tf) {
    double limit = config.optimizer().clipGlobalNorm();
    if (limit == 0) {
      return gradients;
    }
    Operand<TFloat32> factor = GlobalNorm.clipping(tf, gradientNorm, limit);
    Map<String, Operand<TFloat32>> clipped = new LinkedHashMap<>();
    gradients.forEach((name, gradient) -> clipped.put(name, tf.math.mul(gradient, factor)));
    return clipped;
  }

  /**
   * Runs one step.
   *
   * @param crops for each stripe, for each crop size: {@code [count, stripe size, size, size, 3]
   *     uint8}; they stay the caller's
   * @param step from 0
   * @param learningRate of this step
   */
  public StepResult step(List<List<TUint8>> crops, long step, double learningRate) {
    long freeze = config.optimizer().freezePrototypesSteps();
    boolean frozen = step < freeze;
    try (TFloat32 move = TFloat32.scalarOf(frozen ? 0 : 1);
        TFloat32 networkTime = AdamClock.at(step + 1, learningRate);
        TFloat32 prototypesTime = AdamClock.at(Math.max(1, step + 1 - freeze), learningRate)) {
      Session.Runner runner = feed(session.runner(), crops);
      runner
          .feed(prototypesMove, move)
          .feed(networkClock.reading(), networkTime)
          .feed(prototypesClock.reading(), prototypesTime)
          .addTarget(updateNetwork)
          .fetch(loss)
          .fetch(gradientNorm);
      if (!frozen) {
        runner.addTarget(updatePrototypes);
      }
      try (Result result = runner.run()) {
        return new StepResult(
            ((TFloat32) result.get(0)).getFloat(), ((TFloat32) result.get(1)).getFloat());
      }
    }
  }

  Session.Runner feed(Session.Runner runner, List<List<TUint8>> crops) {
    for (int stripe = 0; stripe < crops.size(); stripe++) {
      for (int group = 0; group < stripes.size(); group++) {
        runner.feed(stripes.get(group).get(stripe), crops.get(stripe).get(group));
      }
    }
    return runner;
  }

  /**
   * Writes all variables, the optimiser's included.
   *
   * @param prefix of the files' names, in a folder that exists
   */
  public void save(Path prefix) {
    session.save(prefix.toString());
  }

  /** Sets all variables to what {@link #save} wrote. */
  public void restore(Path prefix) {
    session.restore(prefix.toString());
  }

  Session session() {
    return session;
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
    session.close();
    graph.close();
  }
}
