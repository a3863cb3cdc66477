package io.swavbeam.model.tensorflow;

import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** A measurement of how fast a device multiplies matrices, which is an upper bound for networks. */
public final class MatrixPeak {
  private static final int SIDE_ON_CPU = 2048;
  // Large enough that the multiplication takes longer than its start on a GPU.
  private static final int SIDE_ON_GPU = 8192;
  private static final int ROUNDS = 8;

  private MatrixPeak() {}

  /**
   * Multiplies large square matrices on the first device.
   *
   * @return the best of several rounds, in GFLOP/s
   */
  public static <T extends TFloating> double measure(Devices devices, Class<T> type) {
    int side = devices.areCpus() ? SIDE_ON_CPU : SIDE_ON_GPU;
    try (Graph graph = new Graph()) {
      Ops tf = devices.main(Ops.create(graph));
      Operand<TFloat32> random =
          tf.random.statelessRandomUniform(
              tf.constant(new int[] {side, side}), tf.constant(new long[] {1, 2}), TFloat32.class);
      var matrix = tf.variable(org.tensorflow.ndarray.Shape.of(side, side), type);
      var first = tf.assign(matrix, tf.dtypes.cast(random, type));
      Operand<T> product = tf.linalg.matMul(tf.identity(matrix), tf.identity(matrix));
      // A scalar, so that the product stays on the device.
      Operand<TFloat32> corner =
          tf.dtypes.cast(
              tf.slice(product, tf.constant(new int[] {0, 0}), tf.constant(new int[] {1, 1})),
              TFloat32.class);
      try (Session session = devices.open(graph)) {
        session.run(first);
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
          long start = System.nanoTime();
          session.runner().fetch(corner).run().close();
          best = Math.min(best, (System.nanoTime() - start) / 1e9);
        }
        return 2.0 * side * side * side / best / 1e9;
      }
    }
  }
}
