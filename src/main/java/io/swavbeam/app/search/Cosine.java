package io.swavbeam.app.search;

/** The similarity of two directions. */
public final class Cosine {
  private Cosine() {}

  /** In [-1, 1]; not a number where one has no length. */
  public static double of(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }
}
