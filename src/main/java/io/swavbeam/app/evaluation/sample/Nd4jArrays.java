package io.swavbeam.app.evaluation.sample;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The conversion of arrays of ND4J to Java. ND4J's own conversions of narrow matrices are very
 * slow.
 */
public final class Nd4jArrays {
  private Nd4jArrays() {}

  /** Returns the values row by row. */
  public static float[] floats(INDArray matrix) {
    return matrix.reshape('c', new long[] {matrix.length()}).toFloatVector();
  }
}
