package io.swavbeam.app.evaluation.sample;

import org.nd4j.linalg.api.ndarray.INDArray;

/** From ND4J's arrays to Java's; their own conversions of narrow matrices take most of the time. */
public final class Nd4jArrays {
  private Nd4jArrays() {}

  /** The values, row by row. */
  public static float[] floats(INDArray matrix) {
    return matrix.reshape('c', new long[] {matrix.length()}).toFloatVector();
  }
}
