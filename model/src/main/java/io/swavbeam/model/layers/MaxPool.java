package io.swavbeam.model.layers;

import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * The largest value of each 3x3 window at stride 2, with a gradient that oneDNN computes.
 *
 * <p>TensorFlow Java's own method creates the op {@code MaxPoolV2}, whose window is a tensor.
 * oneDNN supports only {@code MaxPool}, whose window is an attribute. TensorFlow's kernel for the
 * gradient of {@code MaxPoolV2} took a tenth of a step of the preset {@code photos}.
 */
final class MaxPool {
  private static final String OP = "MaxPool";
  private static final long[] WINDOW = {1, 3, 3, 1};
  private static final long[] STRIDES = {1, 2, 2, 1};

  private MaxPool() {}

  /**
   * Pools with "SAME" padding.
   *
   * @param x {@code [batch, height, width, channels]}
   * @return {@code [batch, ceil(height / 2), ceil(width / 2), channels]}
   */
  static <T extends TFloating> Operand<T> of(Ops tf, Operand<T> x) {
    GraphOperationBuilder op =
        (GraphOperationBuilder)
            tf.scope()
                .env()
                .opBuilder(OP, tf.scope().makeOpName(OP), tf.scope())
                .addInput(x.asOutput());
    op.setAttr("ksize", WINDOW).setAttr("strides", STRIDES).setAttr("padding", "SAME");
    return op.build().output(0);
  }
}
