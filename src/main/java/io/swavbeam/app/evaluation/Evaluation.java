package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.Metrics.Classification;
import io.swavbeam.app.evaluation.Metrics.Clusters;
import io.swavbeam.app.evaluation.Metrics.Features;
import io.swavbeam.app.evaluation.Metrics.Knn;
import io.swavbeam.app.evaluation.Metrics.Probe;
import io.swavbeam.app.evaluation.metrics.ClusterAgreement;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics;
import io.swavbeam.app.evaluation.neighbours.NearestNeighbours;
import io.swavbeam.app.evaluation.neighbours.WeightedKnn;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import io.swavbeam.app.evaluation.sample.ClassLabels;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.LabelledEmbeddings;
import io.swavbeam.app.evaluation.sample.Splitter;
import io.swavbeam.pipelines.embedding.Embedding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Evaluates embeddings with the usual metrics of the field.
 *
 * @param neighbours the numbers of neighbours, with a k-NN classifier for each
 * @param temperature the temperature of the weights of neighbours
 * @param holdOut the fraction of labelled images to hold out for testing, in (0, 1)
 * @param probe the settings of the linear probe
 */
public record Evaluation(
    List<Integer> neighbours, double temperature, double holdOut, LinearProbe.Settings probe) {
  /** The settings of the literature. */
  public static final Evaluation STANDARD =
      new Evaluation(List.of(20, 200), 0.07, 0.1, LinearProbe.Settings.DEFAULT);

  private static final int CONSISTENCY_NEIGHBOURS = 10;
  private static final int CONSISTENCY_QUERIES = 2000;

  /**
   * Evaluates embeddings.
   *
   * @param sample the embeddings; labelled ones are used for training and, if there is no test set,
   *     partly for testing
   * @param test the test set, which is classified with the whole sample; or null
   * @param prototypes the number of prototypes of the model, or null if it is unknown
   */
  public Metrics judge(
      EmbeddingSample sample,
      @Nullable EmbeddingSample test,
      @Nullable Integer prototypes,
      Progress progress) {
    List<String> notes = new ArrayList<>();
    EmbeddingSample judged = test == null ? sample : test;
    if (judged.size() < judged.of()) {
      notes.add(
          "%,d of %,d embeddings are evaluated, selected by a hash of their names: --sample increases the number"
              .formatted(judged.size(), judged.of()));
    }
    return new Metrics(
        judged.model(),
        judged.of(),
        judged.size(),
        judged.dimensions(),
        classification(sample, test, notes, progress),
        clusters(judged, prototypes, notes),
        features(judged, notes, progress),
        List.copyOf(notes));
  }

  private @Nullable Classification classification(
      EmbeddingSample sample,
      @Nullable EmbeddingSample test,
      List<String> notes,
      Progress progress) {
    List<Embedding> labelled = sample.labelled();
    if (labelled.isEmpty() || (test != null && test.labelled().isEmpty())) {
      notes.add("no image has a label: classification cannot be evaluated");
      return null;
    }
    if (test != null) {
      SetComparison.notes(labelled, test.labelled(), notes);
    }
    Splitter.Split split = test == null ? split(labelled) : split(labelled, test.labelled());
    if (split.train().size() == 0 || split.test().size() == 0) {
      notes.add(
          "%d training and %d test images are too few to evaluate classification"
              .formatted(split.train().size(), split.test().size()));
      return null;
    }
    List<Double> accuracies =
        new WeightedKnn(neighbours, temperature).accuracies(split.train(), split.test(), progress);
    List<Knn> knn = new ArrayList<>();
    for (int i = 0; i < accuracies.size(); i++) {
      knn.add(new Knn(neighbours.get(i), temperature, accuracies.get(i)));
    }
    int classes = ClassLabels.of(split.train().labels()).names().size();
    if (classes == 1) {
      notes.add("all images have one label: a linear probe has nothing to learn");
    }
    return new Classification(
        classes,
        split.train().size(),
        split.test().size(),
        knn,
        classes == 1
            ? null
            : new Probe(
                probe, new LinearProbe(probe).evaluate(split.train(), split.test(), progress)));
  }

  private Splitter.Split split(List<Embedding> rows) {
    Splitter splitter = new Splitter(holdOut);
    rows.forEach(row -> splitter.add(row.name(), row.label(), row.embedding()));
    return splitter.result();
  }

  private static Splitter.Split split(List<Embedding> train, List<Embedding> test) {
    return new Splitter.Split(LabelledEmbeddings.of(train), LabelledEmbeddings.of(test));
  }

  private static @Nullable Clusters clusters(
      EmbeddingSample judged, @Nullable Integer prototypes, List<String> notes) {
    if (!judged.hasClusters()) {
      notes.add(
          "the model has no prototypes: clusters cannot be evaluated; `swav import` with "
              + "--prototypes finds some");
      return null;
    }
    Map<Integer, Integer> sizes = new TreeMap<>();
    judged.rows().forEach(row -> sizes.merge(row.cluster(), 1, Integer::sum));
    double entropy = 0;
    int largest = 0;
    for (int size : sizes.values()) {
      double share = (double) size / judged.size();
      entropy -= share * Math.log(share);
      largest = Math.max(largest, size);
    }
    return new Clusters(
        prototypes,
        sizes.size(),
        entropy,
        Math.exp(entropy),
        (double) largest / judged.size(),
        agreement(judged, notes));
  }

  private static @Nullable ClusterAgreement agreement(EmbeddingSample judged, List<String> notes) {
    List<Embedding> labelled = judged.labelled();
    if (labelled.isEmpty()) {
      notes.add("no image has a label: clusters cannot be compared with classes");
      return null;
    }
    if (labelled.size() < judged.size()) {
      notes.add(
          "%,d of %,d images have no label: they are left out of comparisons with labels"
              .formatted(judged.size() - labelled.size(), judged.size()));
    }
    ClusterAgreement agreement =
        ClusterAgreement.of(
            labelled.stream().map(Embedding::label).toList(),
            labelled.stream().mapToInt(Embedding::cluster).toArray());
    if (agreement.hungarianAccuracy() == null) {
      notes.add("there are more clusters than classes: Hungarian accuracy is not defined");
    }
    return agreement;
  }

  private static @Nullable Features features(
      EmbeddingSample judged, List<String> notes, Progress progress) {
    if (judged.size() < 2) {
      notes.add("there is one embedding only: the distribution of features cannot be evaluated");
      return null;
    }
    FeatureStatistics statistics = FeatureStatistics.of(judged.features(), progress);
    int neighbours = Math.min(CONSISTENCY_NEIGHBOURS, judged.size() - 1);
    int[] queries = judged.some(CONSISTENCY_QUERIES);
    return new Features(
        statistics.rankMe(),
        deviation(judged.features()),
        neighbours,
        queries.length,
        judged.hasClusters() ? consistency(judged, queries, neighbours, progress) : null);
  }

  private static double consistency(
      EmbeddingSample judged, int[] queries, int neighbours, Progress progress) {
    long[] together = new long[1];
    try (NearestNeighbours search = new NearestNeighbours(judged.features())) {
      search.searchOthers(
          queries,
          neighbours,
          "consistency",
          progress,
          (query, nearest, similarities) -> {
            int cluster = judged.rows().get(queries[query]).cluster();
            together[0] +=
                IntStream.of(nearest)
                    .filter(i -> judged.rows().get(i).cluster() == cluster)
                    .count();
          });
    }
    return (double) together[0] / ((long) queries.length * neighbours);
  }

  private static double deviation(List<float[]> rows) {
    int dimensions = rows.get(0).length;
    double[] sum = new double[dimensions];
    double[] squares = new double[dimensions];
    for (float[] row : rows) {
      double square = 0;
      for (float value : row) {
        square += (double) value * value;
      }
      double scale = square == 0 ? 0 : 1 / Math.sqrt(square);
      for (int j = 0; j < dimensions; j++) {
        double value = row[j] * scale;
        sum[j] += value;
        squares[j] += value * value;
      }
    }
    double deviations = 0;
    for (int j = 0; j < dimensions; j++) {
      double mean = sum[j] / rows.size();
      deviations += Math.sqrt(Math.max(0, squares[j] / rows.size() - mean * mean));
    }
    return deviations / dimensions * Math.sqrt(dimensions);
  }
}
