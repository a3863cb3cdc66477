package io.swavbeam.app.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.metrics.ClusterAgreement;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics.PrincipalComponents;
import io.swavbeam.app.evaluation.neighbours.WeightedKnn;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.evaluation.sample.LabelledEmbeddings;
import io.swavbeam.app.search.Cosine;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Compares with scikit-learn, SciPy and NumPy; reference.py has written the values. */
class ReferenceTest {
  private static final Offset<Double> EXACT = within(1e-6);

  private final JsonNode reference = read();
  private final LabelledEmbeddings all = rows(0, reference.get("labels").size());
  private final LabelledEmbeddings train = rows(0, reference.get("train").asInt());
  private final LabelledEmbeddings test = rows(train.size(), all.size());

  @Test
  void nearestNeighboursClassifyAsScikitLearnDoes() {
    reference
        .get("knn")
        .fields()
        .forEachRemaining(
            knn ->
                assertThat(
                        new WeightedKnn(
                                List.of(Integer.parseInt(knn.getKey())),
                                reference.get("temperature").asDouble())
                            .accuracies(train, test, Progress.NONE))
                    .as("%s neighbours", knn.getKey())
                    .singleElement()
                    .satisfies(
                        accuracy ->
                            assertThat(accuracy).isCloseTo(knn.getValue().asDouble(), EXACT)));
  }

  @Test
  void theLinearProbeIsScikitLearns() {
    LinearProbe.Result result =
        new LinearProbe(LinearProbe.Settings.DEFAULT).evaluate(train, test, Progress.NONE);
    JsonNode expected = reference.get("probe");
    assertThat(result.converged()).isTrue();
    assertThat(result.accuracy()).isCloseTo(expected.get("accuracy").asDouble(), within(0.003));

    LinearProbe.Model model =
        new LinearProbe(new LinearProbe.Settings(1, 1000, 1e-6)).fit(train, Progress.NONE);
    JsonNode coefficients = expected.get("coefficients");
    int classes = coefficients.size();
    for (int c = 0; c < classes; c++) {
      for (int j = 0; j < coefficients.get(c).size(); j++) {
        assertThat(model.weights()[j * classes + c])
            .isCloseTo(coefficients.get(c).get(j).asDouble(), within(1e-3));
      }
      assertThat(model.weights()[model.weights().length - classes + c])
          .isCloseTo(expected.get("intercepts").get(c).asDouble(), within(1e-3));
    }
  }

  @Test
  void clustersAgreeWithClassesAsMuch() {
    ClusterAgreement many = ClusterAgreement.of(all.labels(), ints("clusters"));
    assertAgreement(many, reference.get("agreement"));
    assertThat(many.hungarianAccuracy()).isNull();
    ClusterAgreement four = ClusterAgreement.of(all.labels(), ints("fourClusters"));
    assertAgreement(four, reference.get("fourAgreement"));
    assertThat(four.hungarianAccuracy())
        .isCloseTo(reference.get("fourAgreement").get("hungarian").asDouble(), EXACT);
  }

  private static void assertAgreement(ClusterAgreement agreement, JsonNode expected) {
    assertThat(agreement.purity()).isCloseTo(expected.get("purity").asDouble(), EXACT);
    assertThat(agreement.nmi()).isCloseTo(expected.get("nmi").asDouble(), EXACT);
    assertThat(agreement.ami()).isCloseTo(expected.get("ami").asDouble(), EXACT);
    assertThat(agreement.ari()).isCloseTo(expected.get("ari").asDouble(), EXACT);
  }

  @Test
  void partitionsAtTheEdgeScoreAsScikitLearnSays() {
    List<String> labels = List.of("a", "a", "b", "b");
    assertThat(ClusterAgreement.of(labels, new int[] {7, 7, 3, 3}))
        .isEqualTo(new ClusterAgreement(1, 1, 1, 1, 1.0));
    assertThat(ClusterAgreement.of(labels, new int[] {5, 5, 5, 5}))
        .isEqualTo(new ClusterAgreement(0.5, 0, 0, 0, 0.5));
    assertThat(ClusterAgreement.of(List.of("a", "a"), new int[] {0, 0}))
        .isEqualTo(new ClusterAgreement(1, 1, 1, 1, 1.0));
    ClusterAgreement shattered = ClusterAgreement.of(labels, new int[] {0, 1, 2, 3});
    assertThat(shattered.nmi()).isCloseTo(2.0 / 3, EXACT);
    assertThat(shattered.ami()).isCloseTo(0, EXACT);
    assertThat(shattered.ari()).isCloseTo(0, EXACT);
  }

  @Test
  void featuresAreDescribedAsNumPyDescribesThem() {
    FeatureStatistics statistics = FeatureStatistics.of(all.features(), Progress.NONE);
    assertThat(statistics.rankMe()).isCloseTo(reference.get("rankMe").asDouble(), EXACT);
    assertClose(statistics.mean(), reference.get("mean"));
    assertClose(statistics.variance(), reference.get("variance"));
    double[][] correlation = statistics.correlation();
    for (int i = 0; i < correlation.length; i++) {
      assertClose(correlation[i], reference.get("correlation").get(i));
    }
    PrincipalComponents components = statistics.principalComponents(2);
    assertClose(components.explained(), reference.get("explained"));
    for (int axis = 0; axis < 2; axis++) {
      // The sign of a component is arbitrary.
      int place = axis;
      double first = components.project(all.features().get(0))[axis];
      double sign = Math.signum(first * reference.get("pca").get(0).get(axis).asDouble());
      for (int i = 0; i < all.size(); i++) {
        assertThat(sign * components.project(all.features().get(i))[place])
            .isCloseTo(reference.get("pca").get(i).get(place).asDouble(), EXACT);
      }
    }
  }

  /** The whole evaluation, as in the command. */
  @Test
  void theEvaluationPutsItTogether() {
    List<Embedding> rows = new ArrayList<>();
    int[] clusters = ints("clusters");
    for (int i = 0; i < all.size(); i++) {
      rows.add(
          new Embedding(
              "archive.tar",
              i,
              i + ".jpg",
              all.labels().get(i),
              all.features().get(i),
              new float[0],
              clusters[i],
              1f,
              "model"));
    }
    Metrics metrics =
        Evaluation.STANDARD.judge(
            new EmbeddingSample(rows.subList(0, train.size()), train.size(), "model", null),
            new EmbeddingSample(
                rows.subList(train.size(), rows.size()), test.size(), "model", null),
            null,
            Progress.NONE);
    assertThat(metrics.classification().trainImages()).isEqualTo(train.size());
    assertThat(metrics.classification().knn().get(1).accuracy())
        .isCloseTo(reference.get("knn").get("200").asDouble(), EXACT);
    assertThat(metrics.judged()).isEqualTo(test.size());

    Metrics whole =
        Evaluation.STANDARD.judge(
            new EmbeddingSample(rows, rows.size(), "model", null), null, 9, Progress.NONE);
    assertThat(whole.clusters().entropy())
        .isCloseTo(reference.get("entropyOfUse").asDouble(), EXACT);
    assertThat(whole.clusters().used()).isEqualTo(8);
    assertThat(whole.clusters().agreement())
        .isEqualTo(ClusterAgreement.of(all.labels(), ints("clusters")));
    assertThat(whole.classification().trainImages() + whole.classification().testImages())
        .isEqualTo(all.size());
    assertThat(whole.features().consistency()).isCloseTo(consistency(clusters), EXACT);
  }

  /** Computes the consistency by its definition, in double precision. */
  private double consistency(int[] clusters) {
    int together = 0;
    for (int i = 0; i < all.size(); i++) {
      int self = i;
      together +=
          (int)
              IntStream.range(0, all.size())
                  .filter(j -> j != self)
                  .boxed()
                  .sorted((a, b) -> Double.compare(cosine(self, b), cosine(self, a)))
                  .limit(10)
                  .filter(j -> clusters[j] == clusters[self])
                  .count();
    }
    return together / (10.0 * all.size());
  }

  private double cosine(int i, int j) {
    return Cosine.of(all.features().get(i), all.features().get(j));
  }

  private static void assertClose(double[] values, JsonNode expected) {
    assertThat(values).hasSize(expected.size());
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isCloseTo(expected.get(i).asDouble(), EXACT);
    }
  }

  private int[] ints(String name) {
    return IntStream.range(0, reference.get(name).size())
        .map(i -> reference.get(name).get(i).asInt())
        .toArray();
  }

  private LabelledEmbeddings rows(int begin, int end) {
    List<float[]> features = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int i = begin; i < end; i++) {
      JsonNode values = reference.get("features").get(i);
      float[] row = new float[values.size()];
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) values.get(j).asDouble();
      }
      features.add(row);
      labels.add("class " + reference.get("labels").get(i).asInt());
    }
    return new LabelledEmbeddings(features, labels);
  }

  private static JsonNode read() {
    try (InputStream json = ReferenceTest.class.getResourceAsStream("/evaluation/reference.json")) {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
