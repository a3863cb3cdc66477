package io.swavbeam.app.evaluation.neighbours;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.sample.LabelledEmbeddings;
import io.swavbeam.app.search.Cosine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WeightedKnnTest {
  private static final int NEIGHBOURS = 5;
  private static final double TEMPERATURE = 0.07;

  /** Compares with the definition, in double precision. */
  @Test
  void agreesWithTheDefinition() {
    LabelledEmbeddings train = random(300, 1);
    LabelledEmbeddings test = random(700, 2);
    int correct = 0;
    for (int i = 0; i < test.size(); i++) {
      correct += predict(train, test.features().get(i)).equals(test.labels().get(i)) ? 1 : 0;
    }
    double accuracy = accuracy(NEIGHBOURS, train, test);
    assertThat(accuracy).isCloseTo(correct / 700.0, within(1.0 / 700));
    assertThat(accuracy).isBetween(0.5, 0.99);
  }

  @Test
  void findsIdenticalImages() {
    LabelledEmbeddings data = random(50, 3);
    assertThat(accuracy(1, data, data)).isEqualTo(1);
    assertThat(accuracy(1000, data, data)).isBetween(0.3, 1.0);
  }

  private static double accuracy(int k, LabelledEmbeddings train, LabelledEmbeddings test) {
    return new WeightedKnn(List.of(k), TEMPERATURE).accuracies(train, test, Progress.NONE).get(0);
  }

  private static String predict(LabelledEmbeddings train, float[] query) {
    Map<String, Double> votes = new HashMap<>();
    IntStream.range(0, train.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -Cosine.of(train.features().get(i), query)))
        .limit(NEIGHBOURS)
        .forEach(
            i ->
                votes.merge(
                    train.labels().get(i),
                    Math.exp(Cosine.of(train.features().get(i), query) / TEMPERATURE),
                    Double::sum));
    return votes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  /** Returns four classes around four directions, with noise. */
  private static LabelledEmbeddings random(int count, long seed) {
    Random random = new Random(seed);
    List<float[]> features = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(4);
      float[] row = new float[8];
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) (random.nextGaussian() + (j == label ? 2 : 0));
      }
      features.add(row);
      labels.add("class" + label);
    }
    return new LabelledEmbeddings(features, labels);
  }
}
