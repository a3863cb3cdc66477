package io.swavbeam.app.model;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.sample.Nd4jArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Spherical k-means (Dhillon and Modha 2001): k-means by cosine similarity with centres of unit
 * norm. It begins with random rows. A centre without rows is replaced by the row that is least
 * similar to its centre.
 */
final class SphericalKMeans {
  private static final int ITERATIONS = 50;
  private static final int ROWS = 4096;

  private SphericalKMeans() {}

  /**
   * Computes centres.
   *
   * @param rows rows with unit norm, at least as many as centres
   * @return {@code [count][dim]}, with unit norm
   */
  static float[][] centres(List<float[]> rows, int count, long seed, Progress progress) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    float[][] centres = new float[count][];
    for (int i = 0; i < count; i++) {
      centres[i] = rows.get(order.get(i)).clone();
    }
    int[] nearest = new int[rows.size()];
    Arrays.fill(nearest, -1);
    float[] similarity = new float[rows.size()];
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      progress.at("k-means", iteration + 1, ITERATIONS);
      if (!assign(rows, centres, nearest, similarity)) {
        break;
      }
      centres = means(rows, count, nearest, similarity);
    }
    return centres;
  }

  /**
   * Assigns each row to the nearest centre, and to the first of equal ones. Returns whether any
   * assignment has changed.
   */
  private static boolean assign(
      List<float[]> rows, float[][] centres, int[] nearest, float[] similarity) {
    boolean changed = false;
    try (INDArray matrix = Nd4j.create(centres)) {
      for (int begin = 0; begin < rows.size(); begin += ROWS) {
        int end = Math.min(begin + ROWS, rows.size());
        float[] products;
        try (INDArray some = Nd4j.create(rows.subList(begin, end).toArray(float[][]::new));
            INDArray product = Nd4j.gemm(some, matrix, false, true)) {
          products = Nd4jArrays.floats(product);
        }
        for (int row = 0; row < end - begin; row++) {
          int first = row * centres.length;
          int best = 0;
          for (int centre = 1; centre < centres.length; centre++) {
            if (products[first + centre] > products[first + best]) {
              best = centre;
            }
          }
          changed |= nearest[begin + row] != best;
          nearest[begin + row] = best;
          similarity[begin + row] = products[first + best];
        }
      }
    }
    return changed;
  }

  private static float[][] means(List<float[]> rows, int count, int[] nearest, float[] similarity) {
    int dim = rows.get(0).length;
    double[][] sums = new double[count][dim];
    int[] sizes = new int[count];
    for (int i = 0; i < nearest.length; i++) {
      sizes[nearest[i]]++;
      float[] row = rows.get(i);
      for (int j = 0; j < dim; j++) {
        sums[nearest[i]][j] += row[j];
      }
    }
    boolean[] taken = new boolean[nearest.length];
    float[][] centres = new float[count][];
    for (int centre = 0; centre < count; centre++) {
      centres[centre] =
          sizes[centre] == 0 ? rows.get(leastAlike(similarity, taken)).clone() : unit(sums[centre]);
    }
    return centres;
  }

  private static int leastAlike(float[] similarity, boolean[] taken) {
    int least = -1;
    for (int i = 0; i < similarity.length; i++) {
      if (!taken[i] && (least < 0 || similarity[i] < similarity[least])) {
        least = i;
      }
    }
    taken[least] = true;
    return least;
  }

  private static float[] unit(double[] vector) {
    double square = 0;
    for (double value : vector) {
      square += value * value;
    }
    double scale = square == 0 ? 0 : 1 / Math.sqrt(square);
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] * scale);
    }
    return unit;
  }

  /** Normalises a row to unit norm. */
  static float[] unit(float[] row) {
    double[] vector = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      vector[i] = row[i];
    }
    return unit(vector);
  }
}
