package io.swavbeam.model.graph;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.loss.FeatureQueue;
import io.swavbeam.model.loss.SwappedPrediction;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.tensorflow.TensorNames;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * The codes of a whole batch in several micro-batches. Each micro-batch is scored in a run of its
 * own, without gradients. Then the Sinkhorn algorithm gets all scores at once.
 *
 * <p>Only the crop sizes that codes are computed from are scored. The batch norm of the projection
 * head then has the statistics of these crops of a micro-batch, while for the loss it has those of
 * all crops.
 */
final class BatchCodes {
  private final int parts;
  // The scores and the projections of each view of a micro-batch.
  private final List<Operand<TFloat32>> found = new ArrayList<>();
  // The placeholders for these, for each micro-batch.
  private final List<List<Operand<TFloat32>>> fed = new ArrayList<>();
  // The codes of each view, for each micro-batch.
  private final List<List<Operand<TFloat32>>> codes = new ArrayList<>();
  private final StepStatistics statistics;
  private final @Nullable FeatureQueue queue;
  private final Op updateQueue;

  /**
   * @param features of each crop size, of one part
   */
  BatchCodes(
      Ops tf,
      SwavConfig config,
      SwavNetwork<?> network,
      List<Operand<TFloat32>> features,
      @Nullable FeatureQueue queue) {
    this.queue = queue;
    parts = config.microBatches();
    score(tf, config, network, features);
    int viewsForAssign = config.loss().cropsForAssign().size();
    List<Operand<TFloat32>> all = new ArrayList<>();
    for (Operand<TFloat32> of : found) {
      List<Operand<TFloat32>> ofParts = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        ofParts.add(tf.placeholder(TFloat32.class, Placeholder.shape(of.shape())));
      }
      fed.add(ofParts);
      all.add(tf.concat(ofParts, tf.constant(0)));
    }
    List<Operand<TFloat32>> scores = all.subList(0, viewsForAssign);
    List<Operand<TFloat32>> projections = all.subList(viewsForAssign, all.size());
    List<Operand<TFloat32>> ofBatch =
        SwappedPrediction.codes(
            tf,
            scores,
            config.batchSize(),
            config.loss(),
            queue == null ? List.of() : queue.scores(network.prototypes()));
    for (int part = 0; part < parts; part++) {
      List<Operand<TFloat32>> ofPart = new ArrayList<>();
      for (Operand<TFloat32> code : ofBatch) {
        ofPart.add(SwappedPrediction.view(tf, code, part, config.microBatchSize()));
      }
      codes.add(ofPart);
    }
    statistics =
        new StepStatistics(
            tf,
            ofBatch,
            tf.concat(projections, tf.constant(0)),
            scores,
            config.network().projectionDim());
    Ops ordered = tf.withControlDependencies(List.copyOf(ofBatch));
    updateQueue =
        queue == null
            ? tf.noOp()
            : ordered
                .withControlDependencies(queue.updates(ordered, projections, config.batchSize()))
                .noOp();
  }

  /** Applies the head to the crop sizes that codes are computed from. */
  private void score(
      Ops tf, SwavConfig config, SwavNetwork<?> network, List<Operand<TFloat32>> features) {
    List<Operand<TFloat32>> taken = new ArrayList<>();
    List<Integer> views =
        new ArrayList<>(); // the numbers of the views, in the order of the selected rows
    int next = 0;
    for (int group = 0; group < config.crops().size(); group++) {
      CropSpec spec = config.crops().get(group);
      List<Integer> ofGroup = new ArrayList<>();
      for (int view = next; view < next + spec.count(); view++) {
        ofGroup.add(view);
      }
      next += spec.count();
      if (ofGroup.stream().anyMatch(config.loss().cropsForAssign()::contains)) {
        taken.add(features.get(group));
        views.addAll(ofGroup);
      }
    }
    SwavNetwork.Outputs outputs = network.outputs(taken);
    for (Operand<TFloat32> rows : List.of(outputs.scores(), outputs.projections())) {
      for (int view : config.loss().cropsForAssign()) {
        found.add(SwappedPrediction.view(tf, rows, views.indexOf(view), config.microBatchSize()));
      }
    }
  }

  /** Scores a micro-batch, whose crops are fed. The result is an argument of {@link #codes}. */
  Result score(Session.Runner runner) {
    found.forEach(operand -> runner.fetch(TensorNames.of(operand)));
    return runner.run();
  }

  /**
   * Computes the codes.
   *
   * @param runner a runner to which the use of the queue is fed, if there is a queue
   * @param scored the result of {@link #score} for each micro-batch
   * @param moveQueue whether the projections of this batch are put into the queue
   */
  Result codes(Session.Runner runner, List<Result> scored, boolean moveQueue) {
    for (int part = 0; part < parts; part++) {
      for (int i = 0; i < fed.size(); i++) {
        runner.feed(TensorNames.of(fed.get(i).get(part)), scored.get(part).get(i));
      }
    }
    codes.forEach(ofPart -> ofPart.forEach(code -> runner.fetch(TensorNames.of(code))));
    statistics.fetch(runner);
    if (moveQueue && queue != null) {
      runner.addTarget(updateQueue.op().name());
    }
    return runner.run();
  }

  /** Feeds the codes of a micro-batch from the result of {@link #codes}. */
  Session.Runner feed(
      Session.Runner runner, List<Operand<TFloat32>> placeholders, Result coded, int part) {
    for (int i = 0; i < placeholders.size(); i++) {
      runner.feed(TensorNames.of(placeholders.get(i)), coded.get(part * placeholders.size() + i));
    }
    return runner;
  }

  StepStatistics statistics() {
    return statistics;
  }

  /** Returns the index of the first statistic in the result of {@link #codes}. */
  int firstStatistic() {
    return parts * codes.get(0).size();
  }

  /** Returns the targets of the run of a part. */
  List<Op> ofPart() {
    return List.copyOf(found);
  }

  /** Returns the targets of the run that computes the codes. */
  List<Op> ofBatch() {
    List<Op> targets = new ArrayList<>(statistics.measured());
    codes.forEach(targets::addAll);
    targets.add(updateQueue);
    return targets;
  }
}
