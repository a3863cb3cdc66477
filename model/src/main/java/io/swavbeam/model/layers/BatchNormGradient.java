package io.swavbeam.model.layers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.FusedBatchNormGrad;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * The gradient of batch norm in training, optionally followed by a ReLU. It is TensorFlow's fused
 * kernel with the statistics of the batch. It does not depend on the ops that compute the result.
 *
 * <p>The gradient of the ReLU reads its result only. So the ReLU is the only reader of the batch
 * norm's output, and TensorFlow can compute both in one op.
 */
final class BatchNormGradient {
  private static final String ALONE = "BatchNorm";
  private static final String WITH_RELU = "BatchNormRelu";

  static {
    CustomGradients.register(ALONE, (tf, op, inputs, ofOutput) -> gradient(tf, inputs, ofOutput));
    CustomGradients.register(
        WITH_RELU,
        (tf, op, inputs, ofOutput) ->
            gradient(tf, inputs, Relu.gradient(tf, ofOutput, op.output(0)).asOutput()));
  }

  private BatchNormGradient() {}

  /**
   * Returns the result with this gradient.
   *
   * @param result of batch norm, or of the ReLU after it
   * @param hasRelu whether there is a ReLU
   * @param x {@code [batch, height, width, channels]}
   * @param weight {@code [channels]}
   * @param bias {@code [channels]}
   * @param reserved the three reserve spaces of {@link FusedBatchNormGrad}: on a CPU the mean and
   *     the biased variance of the batch, {@code [channels]}, and an empty vector
   * @return the shape of x
   */
  static <T extends TFloating> Operand<T> of(
      Ops tf,
      Operand<T> result,
      boolean hasRelu,
      Operand<T> x,
      Operand<TFloat32> weight,
      Operand<TFloat32> bias,
      List<? extends Operand<TFloat32>> reserved) {
    List<Operand<?>> inputs = new ArrayList<>(List.of(x, weight, bias));
    reserved.forEach(statistic -> inputs.add(tf.stopGradient(statistic)));
    return CustomGradients.override(tf, hasRelu ? WITH_RELU : ALONE, result, inputs, Map.of());
  }

  @SuppressWarnings("unchecked") // x has the type of its gradient
  private static <T extends TFloating> List<Operand<?>> gradient(
      Ops tf, List<Output<?>> inputs, Output<?> ofNormalised) {
    FusedBatchNormGrad<T, TFloat32> gradient =
        tf.nn.fusedBatchNormGrad(
            (Output<T>) ofNormalised,
            (Output<T>) inputs.get(0),
            float32(inputs.get(1)),
            float32(inputs.get(3)),
            float32(inputs.get(4)),
            float32(inputs.get(5)),
            FusedBatchNormGrad.epsilon(BatchNorm.EPSILON),
            FusedBatchNormGrad.isTraining(true));
    List<Operand<?>> gradients = new ArrayList<>();
    gradients.add(gradient.xBackprop());
    gradients.add(gradient.scaleBackprop());
    gradients.add(gradient.offsetBackprop());
    inputs.subList(3, inputs.size()).forEach(input -> gradients.add(tf.zerosLike(input)));
    return gradients;
  }

  @SuppressWarnings("unchecked") // parameters and statistics are always float32
  private static Operand<TFloat32> float32(Output<?> output) {
    return (Output<TFloat32>) output;
  }
}
