package io.swavbeam.app.evaluation.neighbours;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.sample.ClassLabels;
import io.swavbeam.app.evaluation.sample.LabelledEmbeddings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The weighted k-NN classifier for features without training (Wu et al. 2018, arXiv:1805.01978):
 * the k nearest embeddings by cosine similarity vote for their labels with weight {@code
 * exp(similarity / temperature)}.
 */
public final class WeightedKnn {
  private final List<Integer> neighbours;
  private final double temperature;

  /**
   * @param neighbours the numbers of neighbours, at least 1, with a classifier for each
   * @param temperature the temperature of the weights, positive
   */
  public WeightedKnn(List<Integer> neighbours, double temperature) {
    this.neighbours = List.copyOf(neighbours);
    this.temperature = temperature;
  }

  /**
   * Classifies the test images.
   *
   * @param train at least one row
   * @param test rows of the same width
   * @return the accuracy of each classifier, in [0, 1]
   */
  public List<Double> accuracies(
      LabelledEmbeddings train, LabelledEmbeddings test, Progress progress) {
    ClassLabels classes = ClassLabels.of(train.labels());
    int[] votes = classes.indices(train.labels());
    int[] expected = classes.indices(test.labels());
    long[] correct = new long[neighbours.size()];
    int most = neighbours.stream().mapToInt(Integer::intValue).max().orElseThrow();
    try (NearestNeighbours search = new NearestNeighbours(train.features())) {
      search.search(
          test.features(),
          most,
          "nearest neighbours",
          progress,
          (query, nearest, similarities) -> {
            for (int i = 0; i < correct.length; i++) {
              int voting = Math.min(neighbours.get(i), nearest.length);
              double[] sums = new double[classes.names().size()];
              for (int j = 0; j < voting; j++) {
                sums[votes[nearest[j]]] += Math.exp(similarities[j] / temperature);
              }
              correct[i] += ClassLabels.largest(sums) == expected[query] ? 1 : 0;
            }
          });
    }
    List<Double> accuracies = new ArrayList<>();
    Arrays.stream(correct).forEach(hits -> accuracies.add((double) hits / test.size()));
    return accuracies;
  }
}
