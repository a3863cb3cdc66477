package io.swavbeam.model.graph;

import io.swavbeam.model.monitoring.StepResult;
import io.swavbeam.model.tensorflow.TensorNames;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Statistics of the codes and the projections of a step, computed in its graph. */
final class StepStatistics {
  private static final float TINY = 1e-30f;

  private final Operand<TFloat32> codeEntropy;
  private final Operand<TFloat32> featureStandardDeviation;
  private final Operand<TInt32> clusters;

  /**
   * @param codes codes of each view
   * @param projections projections whose standard deviation is measured
   * @param scores scores of each view
   * @param projectionDim width of the projections
   */
  StepStatistics(
      Ops tf,
      List<Operand<TFloat32>> codes,
      Operand<TFloat32> projections,
      List<Operand<TFloat32>> scores,
      int projectionDim) {
    codeEntropy = entropy(tf, tf.concat(codes, tf.constant(0)));
    featureStandardDeviation = deviation(tf, projections, projectionDim);
    clusters = tf.math.argMax(tf.concat(scores, tf.constant(0)), tf.constant(1), TInt32.class);
  }

  private static Operand<TFloat32> entropy(Ops tf, Operand<TFloat32> codes) {
    Operand<TFloat32> logarithms = tf.math.log(tf.math.maximum(codes, tf.constant(TINY)));
    Operand<TFloat32> sums = tf.reduceSum(tf.math.mul(codes, logarithms), tf.constant(1));
    return tf.math.neg(tf.math.mean(sums, tf.constant(0)));
  }

  private static Operand<TFloat32> deviation(Ops tf, Operand<TFloat32> projections, int dim) {
    Operand<TFloat32> centred = tf.math.sub(projections, tf.math.mean(projections, tf.constant(0)));
    Operand<TFloat32> variances = tf.math.mean(tf.math.square(centred), tf.constant(0));
    return tf.math.mul(
        tf.math.mean(tf.math.sqrt(variances), tf.constant(0)), tf.constant((float) Math.sqrt(dim)));
  }

  List<Operand<?>> measured() {
    return List.of(codeEntropy, featureStandardDeviation, clusters);
  }

  void fetch(Session.Runner runner) {
    measured().forEach(operand -> runner.fetch(TensorNames.of(operand)));
  }

  /**
   * Reads the statistics.
   *
   * @param first index of their first value in the result
   */
  StepResult read(float loss, float gradientNorm, Result result, int first) {
    TInt32 best = (TInt32) result.get(first + 2);
    int[] found = new int[Math.toIntExact(best.size())];
    best.asRawTensor().data().asInts().read(found);
    return new StepResult(
        loss, gradientNorm, scalar(result, first), scalar(result, first + 1), found);
  }

  static float scalar(Result result, int index) {
    return ((TFloat32) result.get(index)).getFloat();
  }
}
