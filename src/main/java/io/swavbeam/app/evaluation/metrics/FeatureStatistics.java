package io.swavbeam.app.evaluation.metrics;

import io.swavbeam.app.command.Progress;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.eigen.Eigen;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Statistics of features without labels, in double precision.
 *
 * @param images the number of images
 * @param mean the mean of each dimension
 * @param variance the unbiased variance of each dimension
 * @param least the smallest value of each dimension
 * @param largest the largest value of each dimension
 * @param covariance {@code [dimensions, dimensions]}, unbiased
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FeatureStatistics(
    int images,
    double[] mean,
    double[] variance,
    float[] least,
    float[] largest,
    double[][] covariance) {
  private static final int ROWS = 4096;

  /**
   * Computes statistics of features.
   *
   * @param rows at least two rows of the same length
   */
  public static FeatureStatistics of(List<float[]> rows, Progress progress) {
    int dimensions = rows.get(0).length;
    double[] mean = new double[dimensions];
    float[] least = new float[dimensions];
    float[] largest = new float[dimensions];
    Arrays.fill(least, Float.POSITIVE_INFINITY);
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    for (float[] row : rows) {
      for (int j = 0; j < dimensions; j++) {
        mean[j] += row[j];
        least[j] = Math.min(least[j], row[j]);
        largest[j] = Math.max(largest[j], row[j]);
      }
    }
    for (int j = 0; j < dimensions; j++) {
      mean[j] /= rows.size();
    }
    double[][] covariance = covariance(rows, mean, progress);
    double[] variance = new double[dimensions];
    Arrays.setAll(variance, j -> covariance[j][j]);
    return new FeatureStatistics(rows.size(), mean, variance, least, largest, covariance);
  }

  private static double[][] covariance(List<float[]> rows, double[] mean, Progress progress) {
    try (INDArray sum = Nd4j.zeros(DataType.DOUBLE, mean.length, mean.length)) {
      for (int begin = 0; begin < rows.size(); begin += ROWS) {
        int end = Math.min(begin + ROWS, rows.size());
        try (INDArray some = centred(rows.subList(begin, end), mean);
            INDArray products = Nd4j.gemm(some, some, true, false)) {
          sum.addi(products);
        }
        progress.at("covariance", end, rows.size());
      }
      sum.divi(rows.size() - 1);
      return sum.toDoubleMatrix();
    }
  }

  private static INDArray centred(List<float[]> rows, double[] mean) {
    double[][] centred = new double[rows.size()][mean.length];
    for (int i = 0; i < centred.length; i++) {
      float[] row = rows.get(i);
      for (int j = 0; j < mean.length; j++) {
        centred[i][j] = row[j] - mean[j];
      }
    }
    return Nd4j.create(centred);
  }

  public int dimensions() {
    return mean.length;
  }

  /**
   * Returns the correlation matrix, {@code [dimensions, dimensions]}, with 0 for constant
   * dimensions.
   */
  public double[][] correlation() {
    double[][] correlation = new double[dimensions()][dimensions()];
    for (int i = 0; i < correlation.length; i++) {
      for (int j = 0; j < correlation.length; j++) {
        double scale = Math.sqrt(variance[i] * variance[j]);
        correlation[i][j] = scale == 0 ? 0 : covariance[i][j] / scale;
      }
    }
    return correlation;
  }

  /**
   * Returns RankMe, the effective rank of the features (Garrido et al. 2023, arXiv:2210.02885): the
   * exponential of the entropy of their normalised singular values. It ranges from 1 to the number
   * of dimensions.
   */
  public double rankMe() {
    double[][] products = new double[dimensions()][dimensions()];
    for (int i = 0; i < products.length; i++) {
      for (int j = 0; j < products.length; j++) {
        products[i][j] = (images - 1) * covariance[i][j] + images * mean[i] * mean[j];
      }
    }
    try (INDArray matrix = Nd4j.create(products);
        INDArray values = Eigen.symmetricGeneralizedEigenvalues(matrix, true)) {
      double[] singular = values.toDoubleVector();
      // Rounding may give negative values, which are set to 0.
      Arrays.setAll(singular, i -> Math.sqrt(Math.max(0, singular[i])));
      double sum = Arrays.stream(singular).sum();
      double entropy = 0;
      for (double value : singular) {
        entropy -= value == 0 ? 0 : value / sum * Math.log(value / sum);
      }
      return Math.exp(entropy);
    }
  }

  /** Returns the first principal components. */
  public PrincipalComponents principalComponents(int count) {
    try (INDArray matrix = Nd4j.create(covariance);
        INDArray values = Eigen.symmetricGeneralizedEigenvalues(matrix, true)) {
      // Ascending. The eigenvectors have replaced the covariance, one per column.
      double[] variances = values.toDoubleVector();
      double[][] vectors = matrix.toDoubleMatrix();
      double[][] components = new double[Math.min(count, dimensions())][dimensions()];
      double[] explained = new double[components.length];
      double sum = Arrays.stream(variances).sum();
      for (int i = 0; i < components.length; i++) {
        int column = dimensions() - 1 - i;
        Arrays.setAll(components[i], j -> vectors[j][column]);
        orient(components[i]);
        explained[i] = sum == 0 ? 0 : variances[column] / sum;
      }
      return new PrincipalComponents(mean, components, explained);
    }
  }

  /** Makes the largest weight positive, because a component is only defined up to its sign. */
  private static void orient(double[] component) {
    double largest = 0;
    for (double weight : component) {
      largest = Math.abs(weight) > Math.abs(largest) ? weight : largest;
    }
    if (largest < 0) {
      Arrays.setAll(component, j -> -component[j]);
    }
  }

  /**
   * The directions of the largest variance.
   *
   * @param mean the mean of the features
   * @param components {@code [components, dimensions]}, with unit norm
   * @param explained the fraction of the variance along each component, in [0, 1]
   */
  public record PrincipalComponents(double[] mean, double[][] components, double[] explained) {
    /** Returns the first of these components. */
    public PrincipalComponents first(int count) {
      int kept = Math.min(count, components.length);
      return new PrincipalComponents(
          mean, Arrays.copyOf(components, kept), Arrays.copyOf(explained, kept));
    }

    /** Returns the coordinates of a row along the components. */
    public double[] project(float[] row) {
      double[] coordinates = new double[components.length];
      for (int i = 0; i < coordinates.length; i++) {
        for (int j = 0; j < row.length; j++) {
          coordinates[i] += (row[j] - mean[j]) * components[i][j];
        }
      }
      return coordinates;
    }
  }
}
