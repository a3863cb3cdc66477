package io.swavbeam.model.layers;

import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.FusedBatchNormGrad;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Batch normalisation by statistics of the batch that are computed elsewhere.
 *
 * <p>The gradient of the images is that of a batch norm which takes the statistics itself. So
 * TensorFlow's fused kernels do the work, and what they lack, exact statistics, is added. The op is
 * an older version of theirs, for which TensorFlow has no gradient: it is given one here.
 */
final class PrecomputedStatistics {
  private static final String OP = "FusedBatchNormV2";

  static {
    CustomGradients.register(OP, PrecomputedStatistics::gradient);
  }

  private PrecomputedStatistics() {}

  /**
   * {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}.
   *
   * @param x {@code [batch, height, width, channels]}, on a CPU
   * @param mean of x, {@code [channels]} as all that follow; not differentiated
   * @param variance of x, the biased one; not differentiated
   * @return the shape of x
   */
  static <T extends TFloating> Operand<T> normalise(
      Ops tf,
      Operand<T> x,
      Operand<TFloat32> weight,
      Operand<TFloat32> bias,
      Operand<TFloat32> mean,
      Operand<TFloat32> variance) {
    return tf.scope()
        .env()
        .opBuilder(OP, tf.scope().makeOpName(OP), tf.scope())
        .addInput(x.asOutput())
        .addInput(weight.asOutput())
        .addInput(bias.asOutput())
        .addInput(tf.stopGradient(mean).asOutput())
        .addInput(tf.stopGradient(variance).asOutput())
        .setAttr("epsilon", BatchNorm.EPSILON)
        .setAttr("is_training", false)
        .build()
        .output(0);
  }

  private static List<Operand<?>> gradient(Ops tf, GraphOperation op, List<Output<?>> ofOutputs) {
    Operand<TFloat32> mean = input(op, 3);
    Operand<TFloat32> variance = input(op, 4);
    FusedBatchNormGrad<TFloat32, TFloat32> gradient =
        tf.nn.fusedBatchNormGrad(
            float32(ofOutputs.get(0)),
            input(op, 0),
            input(op, 1),
            mean,
            variance,
            tf.constant(new float[0]),
            FusedBatchNormGrad.epsilon(BatchNorm.EPSILON),
            FusedBatchNormGrad.isTraining(true));
    return List.of(
        gradient.xBackprop(),
        gradient.scaleBackprop(),
        gradient.offsetBackprop(),
        tf.zerosLike(mean),
        tf.zerosLike(variance));
  }

  private static Operand<TFloat32> input(GraphOperation op, int index) {
    return float32(op.input(index));
  }

  @SuppressWarnings("unchecked") // batch norms of other types take their statistics themselves
  private static Operand<TFloat32> float32(Output<?> output) {
    return (Output<TFloat32>) output;
  }
}
