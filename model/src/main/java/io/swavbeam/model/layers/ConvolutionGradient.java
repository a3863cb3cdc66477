package io.swavbeam.model.layers;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * The gradient of a convolution with respect to its images. It does not depend on the ops that
 * compute the result.
 *
 * <p>TensorFlow's automatic gradient reads the shape of the images. That additional reader keeps
 * TensorFlow's optimiser from fusing the ops that compute the images: a batch norm and a ReLU.
 */
final class ConvolutionGradient {
  private static final String GRADIENT = "Convolution";
  private static final String SIZE = "_size";
  private static final String STRIDES = "_strides";

  static {
    CustomGradients.register(GRADIENT, ConvolutionGradient::gradient);
  }

  private ConvolutionGradient() {}

  /**
   * Returns the result with this gradient.
   *
   * @param result of a convolution with padding "SAME"
   * @param images {@code [batch, height, width, in]}, of a known shape
   * @param kernel {@code [size, size, in, out]}; not differentiated
   * @return the shape of the result
   */
  static <T extends TFloating> Operand<T> of(
      Ops tf, Operand<T> result, Operand<T> images, Operand<T> kernel, long stride) {
    return CustomGradients.override(
        tf,
        GRADIENT,
        result,
        List.of(images, kernel),
        Map.of(SIZE, images.shape().asArray(), STRIDES, new long[] {1, stride, stride, 1}));
  }

  private static List<Operand<?>> gradient(
      Ops tf, GraphOperation op, List<Output<?>> inputs, Output<?> ofOutput) {
    int[] size =
        Arrays.stream(op.attributes().getAttrIntList(SIZE)).mapToInt(Math::toIntExact).toArray();
    Operand<TFloating> kernel = floating(inputs.get(1));
    Operand<TFloating> ofImages =
        tf.nn.conv2dBackpropInput(
            tf.constant(size),
            kernel,
            floating(ofOutput),
            Arrays.stream(op.attributes().getAttrIntList(STRIDES)).boxed().toList(),
            "SAME");
    return List.of(ofImages, tf.zerosLike(kernel));
  }

  @SuppressWarnings("unchecked") // both have one type, and its name is not needed here
  private static Operand<TFloating> floating(Output<?> output) {
    return (Output<TFloating>) output;
  }
}
