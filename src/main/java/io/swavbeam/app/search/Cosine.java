package io.swavbeam.app.search;

/** Cosine similarity. */
public final class Cosine {
  private Cosine() {}

  /** Returns the cosine similarity in [-1, 1]; NaN if a vector is zero. */
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
