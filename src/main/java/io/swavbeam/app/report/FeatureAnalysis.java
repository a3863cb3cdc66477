package io.swavbeam.app.report;

import io.swavbeam.app.evaluation.metrics.FeatureStatistics;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics.PrincipalComponents;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** The figures about features that the report draws. */
final class FeatureAnalysis {
  private static final int BINS = 60;
  private static final int SAMPLED_VALUES = 1_000_000;
  private static final double TAIL = 0.999;
  private static final int CORRELATED = 64;

  private FeatureAnalysis() {}

  static ReportData.Features of(
      List<float[]> rows, FeatureStatistics statistics, PrincipalComponents components) {
    int dimensions = statistics.dimensions();
    int[] order =
        IntStream.range(0, dimensions)
            .boxed()
            .sorted(Comparator.comparingDouble(j -> -statistics.variance()[j]))
            .mapToInt(Integer::intValue)
            .toArray();
    float[] values = sample(rows);
    Arrays.sort(values);
    double[] edges = edges(values);
    double[][] correlation = statistics.correlation();
    int[] correlated = Arrays.copyOf(order, Math.min(CORRELATED, dimensions));
    double mean = Arrays.stream(statistics.mean()).average().orElseThrow();
    double square =
        IntStream.range(0, dimensions)
            .mapToDouble(
                j ->
                    statistics.variance()[j]
                        + (statistics.mean()[j] - mean) * (statistics.mean()[j] - mean))
            .average()
            .orElseThrow();
    long zeros = IntStream.range(0, values.length).filter(i -> values[i] == 0).count();
    return new ReportData.Features(
        mean,
        Math.sqrt(square),
        Arrays.stream(ordered(order, j -> statistics.least()[j])).min().orElseThrow(),
        Arrays.stream(ordered(order, j -> statistics.largest()[j])).max().orElseThrow(),
        (double) zeros / values.length,
        (int) Arrays.stream(statistics.variance()).filter(variance -> variance == 0).count(),
        edges,
        histogram(values, edges),
        order,
        ordered(order, j -> statistics.mean()[j]),
        ordered(order, j -> statistics.variance()[j]),
        ordered(order, j -> statistics.least()[j]),
        ordered(order, j -> statistics.largest()[j]),
        correlated,
        correlations(correlation, correlated),
        meanCorrelation(correlation),
        components.explained());
  }

  /** Returns whole rows at equal distances. */
  private static float[] sample(List<float[]> rows) {
    int dimensions = rows.get(0).length;
    int step = (int) Math.max(1, (long) rows.size() * dimensions / SAMPLED_VALUES);
    int count = (rows.size() + step - 1) / step;
    float[] values = new float[count * dimensions];
    for (int i = 0; i < count; i++) {
      System.arraycopy(rows.get(i * step), 0, values, i * dimensions, dimensions);
    }
    return values;
  }

  private static double[] edges(float[] sorted) {
    double from = sorted[0];
    double to = sorted[(int) (TAIL * (sorted.length - 1))];
    double width = to > from ? (to - from) / BINS : 1.0 / BINS;
    double[] edges = new double[BINS + 1];
    Arrays.setAll(edges, i -> from + i * width);
    return edges;
  }

  private static long[] histogram(float[] values, double[] edges) {
    long[] counts = new long[edges.length - 1];
    double width = edges[1] - edges[0];
    for (float value : values) {
      counts[(int) Math.min(counts.length - 1, Math.max(0, (value - edges[0]) / width))]++;
    }
    return counts;
  }

  private static double[] ordered(int[] order, IntToDoubleFunction value) {
    return IntStream.of(order).mapToDouble(value).toArray();
  }

  private static double[][] correlations(double[][] all, int[] chosen) {
    double[][] some = new double[chosen.length][chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      for (int j = 0; j < chosen.length; j++) {
        some[i][j] = all[chosen[i]][chosen[j]];
      }
    }
    return some;
  }

  private static double meanCorrelation(double[][] correlation) {
    double sum = 0;
    for (int i = 0; i < correlation.length; i++) {
      for (int j = 0; j < i; j++) {
        sum += Math.abs(correlation[i][j]);
      }
    }
    double pairs = correlation.length * (correlation.length - 1.0) / 2;
    return pairs == 0 ? 0 : sum / pairs;
  }
}
