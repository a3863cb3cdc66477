package io.swavbeam.app.evaluation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weighted nearest-neighbour classifier with which the field judges features without training
 * anything on them (Wu et al. 2018, arXiv:1805.01978): the k most similar embeddings by cosine vote
 * for their labels with weight {@code exp(similarity / temperature)}.
 */
public final class WeightedKnn {
  /** Test images whose similarities are in memory at once. */
  private static final int CHUNK = 256;

  private final int neighbours;
  private final double temperature;

  /**
   * @param neighbours that vote, at least 1
   * @param temperature of the votes, positive
   */
  public WeightedKnn(int neighbours, double temperature) {
    this.neighbours = neighbours;
    this.temperature = temperature;
  }

  /**
   * Classifies the test images.
   *
   * @param train at least one row
   * @param test rows of the same width
   * @return the share of test images whose label is predicted, in [0, 1]
   */
  public double accuracy(LabelledEmbeddings train, LabelledEmbeddings test) {
    List<String> classes = List.copyOf(new TreeSet<>(train.labels()));
    Map<String, Integer> index = new HashMap<>();
    for (String name : classes) {
      index.put(name, index.size());
    }
    int[] votes = train.labels().stream().mapToInt(index::get).toArray();
    long correct = 0;
    try (INDArray trainRows = unitRows(train.features());
        INDArray columns = trainRows.transpose()) {
      for (int begin = 0; begin < test.size(); begin += CHUNK) {
        int end = Math.min(begin + CHUNK, test.size());
        try (INDArray testRows = unitRows(test.features().subList(begin, end));
            INDArray similarities = testRows.mmul(columns)) {
          float[][] rows = similarities.toFloatMatrix();
          for (int i = 0; i < rows.length; i++) {
            int predicted = predict(rows[i], votes, classes.size());
            if (classes.get(predicted).equals(test.labels().get(begin + i))) {
              correct++;
            }
          }
        }
      }
    }
    return (double) correct / test.size();
  }

  private static INDArray unitRows(List<float[]> rows) {
    float[][] unit = new float[rows.size()][];
    for (int i = 0; i < unit.length; i++) {
      float[] row = rows.get(i).clone();
      double square = 0;
      for (float value : row) {
        square += (double) value * value;
      }
      float scale = (float) (1 / Math.max(Math.sqrt(square), 1e-12));
      for (int j = 0; j < row.length; j++) {
        row[j] *= scale;
      }
      unit[i] = row;
    }
    return Nd4j.create(unit);
  }

  private int predict(float[] similarities, int[] labels, int classes) {
    double[] votes = new double[classes];
    for (int neighbour : nearest(similarities)) {
      votes[labels[neighbour]] += Math.exp(similarities[neighbour] / temperature);
    }
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (votes[c] > votes[best]) {
        best = c;
      }
    }
    return best;
  }

  private List<Integer> nearest(float[] similarities) {
    // Ordered by similarity; of equal ones, the first counts as nearer.
    List<Integer> nearest = new ArrayList<>(neighbours + 1);
    for (int i = 0; i < similarities.length; i++) {
      int size = nearest.size();
      if (size == neighbours && similarities[i] <= similarities[nearest.get(size - 1)]) {
        continue;
      }
      int place = size;
      while (place > 0 && similarities[nearest.get(place - 1)] < similarities[i]) {
        place--;
      }
      nearest.add(place, i);
      if (nearest.size() > neighbours) {
        nearest.remove(neighbours);
      }
    }
    return nearest;
  }
}
