package io.swavbeam.app.evaluation.probe;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics;
import io.swavbeam.app.evaluation.sample.ClassLabels;
import io.swavbeam.app.evaluation.sample.LabelledEmbeddings;
import io.swavbeam.app.evaluation.sample.Nd4jArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.eigen.Eigen;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A linear probe: multinomial logistic regression on standardised, frozen features, with an L2
 * penalty on the weights but not on the intercepts, fitted by L-BFGS. The loss is the mean cross
 * entropy plus {@code |weights|^2 / (2 C images)}, as in scikit-learn.
 */
public final class LinearProbe {
  private static final int ROWS = 4096;

  /**
   * The settings of a probe.
   *
   * @param c the inverse strength of the penalty, positive
   * @param maxIterations the largest number of iterations
   * @param tolerance the largest component of the gradient at which the fit ends
   */
  public record Settings(double c, int maxIterations, double tolerance) {
    public static final Settings DEFAULT = new Settings(1, 300, 1e-4);
  }

  /**
   * The result of a probe.
   *
   * @param accuracy the accuracy on the test images, in [0, 1]
   * @param trainAccuracy the accuracy on the training images, in [0, 1]
   * @param iterations the number of iterations
   * @param converged whether the tolerance was reached
   */
  public record Result(double accuracy, double trainAccuracy, int iterations, boolean converged) {}

  private final Settings settings;

  public LinearProbe(Settings settings) {
    this.settings = settings;
  }

  /**
   * Fits a classifier and tests it.
   *
   * @param train at least two rows
   * @param test rows of the same width
   */
  public Result evaluate(LabelledEmbeddings train, LabelledEmbeddings test, Progress progress) {
    Model model = fit(train, progress);
    return new Result(
        model.accuracy(test), model.accuracy(train), model.iterations(), model.converged());
  }

  /**
   * Fits a classifier.
   *
   * @param train rows with labels
   */
  public Model fit(LabelledEmbeddings train, Progress progress) {
    ClassLabels classes = ClassLabels.of(train.labels());
    int[] labels = classes.indices(train.labels());
    FeatureStatistics statistics = FeatureStatistics.of(train.features(), progress);
    Scaler scaler = Scaler.of(statistics);
    double penalty = 1 / (settings.c * train.size());
    Axes axes = Axes.of(statistics, penalty);
    try (Problem problem =
        new Problem(scaler, axes, train.features(), labels, classes.names().size(), penalty)) {
      Lbfgs.Result found =
          new Lbfgs(settings.maxIterations, settings.tolerance)
              .minimize(
                  problem::at,
                  new double[(statistics.dimensions() + 1) * classes.names().size()],
                  done -> progress.at("linear probe", done, settings.maxIterations));
      return new Model(
          scaler,
          classes,
          axes.back(found.point(), classes.names().size()),
          found.iterations(),
          found.converged());
    }
  }

  /** Scales each dimension to mean 0 and standard deviation 1, and constant dimensions to 0. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Scaler(double[] mean, double[] scale) {
    static Scaler of(FeatureStatistics statistics) {
      double biased = (statistics.images() - 1.0) / statistics.images();
      double[] scale = new double[statistics.dimensions()];
      Arrays.setAll(
          scale,
          j ->
              statistics.variance()[j] == 0 ? 1 : 1 / Math.sqrt(statistics.variance()[j] * biased));
      return new Scaler(statistics.mean(), scale);
    }

    INDArray matrix(List<float[]> rows) {
      float[][] scaled = new float[rows.size()][mean.length];
      for (int i = 0; i < scaled.length; i++) {
        float[] row = rows.get(i);
        for (int j = 0; j < mean.length; j++) {
          scaled[i][j] = (float) ((row[j] - mean[j]) * scale[j]);
        }
      }
      return Nd4j.create(scaled);
    }
  }

  /**
   * The principal axes of the standardised features, scaled so that the curvature of the loss is
   * about the same along each (Böhning 1992 bounds it by half the covariance). The minimum is the
   * same, and is reached in a tenth of the steps.
   *
   * @param vectors {@code [dimensions, axes]}, one unit vector per column
   * @param stretch the scale of each axis
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Axes(double[][] vectors, double[] stretch) {
    static Axes of(FeatureStatistics statistics, double penalty) {
      try (INDArray matrix = Nd4j.create(statistics.correlation());
          INDArray values = Eigen.symmetricGeneralizedEigenvalues(matrix, true)) {
        double[] stretch = values.toDoubleVector();
        Arrays.setAll(stretch, j -> 1 / Math.sqrt(Math.max(0, stretch[j]) / 2 + penalty));
        return new Axes(matrix.toDoubleMatrix(), stretch);
      }
    }

    INDArray matrix() {
      float[][] matrix = new float[stretch.length][stretch.length];
      for (int i = 0; i < matrix.length; i++) {
        for (int j = 0; j < matrix.length; j++) {
          matrix[i][j] = (float) (vectors[i][j] * stretch[j]);
        }
      }
      return Nd4j.create(matrix);
    }

    /** Converts weights along the axes to weights of the features. Intercepts do not change. */
    double[] back(double[] weights, int classes) {
      double[] features = weights.clone();
      for (int i = 0; i < stretch.length; i++) {
        for (int c = 0; c < classes; c++) {
          double sum = 0;
          for (int j = 0; j < stretch.length; j++) {
            sum += vectors[i][j] * stretch[j] * weights[j * classes + c];
          }
          features[i * classes + c] = sum;
        }
      }
      return features;
    }
  }

  /**
   * A fitted classifier.
   *
   * @param weights {@code [dimensions + 1, classes]}, with the intercepts last
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Model(
      Scaler scaler, ClassLabels classes, double[] weights, int iterations, boolean converged) {
    /** Returns the accuracy on some rows, in [0, 1]. */
    public double accuracy(LabelledEmbeddings test) {
      int count = classes.names().size();
      int[] expected = classes.indices(test.labels());
      long correct = 0;
      try (INDArray matrix = matrix(weights, count)) {
        for (int begin = 0; begin < test.size(); begin += ROWS) {
          int end = Math.min(begin + ROWS, test.size());
          try (INDArray rows = scaler.matrix(test.features().subList(begin, end));
              INDArray products = Nd4j.gemm(rows, matrix, false, false)) {
            float[] scores = Nd4jArrays.floats(products);
            double[] logits = new double[count];
            for (int i = begin; i < end; i++) {
              for (int c = 0; c < count; c++) {
                logits[c] = scores[(i - begin) * count + c] + weights[weights.length - count + c];
              }
              correct += ClassLabels.largest(logits) == expected[i] ? 1 : 0;
            }
          }
        }
      }
      return (double) correct / test.size();
    }
  }

  /** Returns the weights without the intercepts. */
  private static INDArray matrix(double[] weights, int classes) {
    float[] values = new float[weights.length - classes];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) weights[i];
    }
    return Nd4j.create(values, new long[] {values.length / classes, classes}, DataType.FLOAT);
  }

  /** The loss on all images, as a function of the weights along the axes. */
  private static final class Problem implements AutoCloseable {
    private final List<INDArray> blocks = new ArrayList<>();
    private final int[] labels;
    private final int classes;
    private final double[] penalties;

    Problem(
        Scaler scaler, Axes axes, List<float[]> rows, int[] labels, int classes, double penalty) {
      this.labels = labels;
      this.classes = classes;
      penalties = new double[axes.stretch.length];
      Arrays.setAll(penalties, j -> penalty * axes.stretch[j] * axes.stretch[j]);
      try (INDArray turn = axes.matrix()) {
        for (int begin = 0; begin < rows.size(); begin += ROWS) {
          int end = Math.min(begin + ROWS, rows.size());
          try (INDArray scaled = scaler.matrix(rows.subList(begin, end))) {
            blocks.add(Nd4j.gemm(scaled, turn, false, false));
          }
        }
      }
    }

    Lbfgs.Step at(double[] point) {
      double loss = 0;
      double[] gradient = new double[point.length];
      int first = 0;
      try (INDArray weights = matrix(point, classes)) {
        for (INDArray block : blocks) {
          float[] errors;
          try (INDArray scores = Nd4j.gemm(block, weights, false, false)) {
            errors = Nd4jArrays.floats(scores);
          }
          loss += crossEntropy(errors, point, first);
          addGradient(block, errors, gradient);
          first += errors.length / classes;
        }
      }
      loss /= labels.length;
      for (int i = 0; i < point.length; i++) {
        gradient[i] /= labels.length;
        if (i / classes < penalties.length) {
          loss += penalties[i / classes] / 2 * point[i] * point[i];
          gradient[i] += penalties[i / classes] * point[i];
        }
      }
      return new Lbfgs.Step(point, loss, gradient);
    }

    /** Replaces the scores of some images by the errors of their probabilities. */
    private double crossEntropy(float[] scores, double[] point, int first) {
      double loss = 0;
      double[] logits = new double[classes];
      for (int row = 0; row < scores.length; row += classes) {
        int label = labels[first + row / classes];
        for (int c = 0; c < classes; c++) {
          logits[c] = scores[row + c] + point[point.length - classes + c];
        }
        double most = logits[ClassLabels.largest(logits)];
        double sum = 0;
        for (double logit : logits) {
          sum += Math.exp(logit - most);
        }
        double logSum = most + Math.log(sum);
        for (int c = 0; c < classes; c++) {
          scores[row + c] = (float) (Math.exp(logits[c] - logSum) - (c == label ? 1 : 0));
        }
        loss += logSum - logits[label];
      }
      return loss;
    }

    private void addGradient(INDArray block, float[] errors, double[] gradient) {
      long[] shape = {errors.length / classes, classes};
      try (INDArray matrix = Nd4j.create(errors, shape, DataType.FLOAT);
          INDArray products = Nd4j.gemm(block, matrix, true, false)) {
        float[] sums = Nd4jArrays.floats(products);
        for (int i = 0; i < sums.length; i++) {
          gradient[i] += sums[i];
        }
      }
      for (int i = 0; i < errors.length; i++) {
        gradient[gradient.length - classes + i % classes] += errors[i];
      }
    }

    @Override
    public void close() {
      blocks.forEach(INDArray::close);
    }
  }
}
