package io.swavbeam.app.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestEmbeddings;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code swav evaluate} on valid and invalid embeddings. */
class EvaluateTest {
  @TempDir private Path folder;

  @Test
  void saysWhatCanBeSaid() throws Exception {
    TestEmbeddings.write(embeddings("a"), 200, TestEmbeddings::row);
    TestEmbeddings.write(embeddings("a"), 100, i -> TestEmbeddings.row(200 + i));
    JsonNode metrics = evaluate("a", "--neighbours=5,20,1000", "--holdOut=0.3");
    assertThat(metrics.get("embeddings").asInt()).isEqualTo(300);
    assertThat(metrics.get("model").asText()).isEqualTo(TestEmbeddings.MODEL);
    JsonNode classification = metrics.get("classification");
    assertThat(classification.get("trainImages").asInt() + classification.get("testImages").asInt())
        .isEqualTo(300);
    assertThat(classification.get("knn")).hasSize(3);
    assertThat(classification.at("/knn/0/accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(classification.at("/linearProbe/result/accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(metrics.at("/clusters/used").asInt()).isEqualTo(4);
    assertThat(metrics.at("/clusters/prototypes").asInt()).isEqualTo(TestEmbeddings.PROTOTYPES);
    assertThat(metrics.at("/clusters/agreement/ari").asDouble()).isBetween(0.5, 0.99);
    assertThat(metrics.at("/features/rankMe").asDouble()).isBetween(1.0, 6.0);
    assertThat(metrics.get("notes").toString()).contains("Hungarian accuracy is not defined");
  }

  @Test
  void classifiesOneFolderByAnother() throws Exception {
    TestEmbeddings.write(embeddings("a"), 200, TestEmbeddings::row);
    TestEmbeddings.write(embeddings("b"), 60, i -> TestEmbeddings.row(1000 + i));
    JsonNode metrics = evaluate("a", "--test=" + embeddings("b"));
    assertThat(metrics.at("/classification/trainImages").asInt()).isEqualTo(200);
    assertThat(metrics.at("/classification/testImages").asInt()).isEqualTo(60);
    assertThat(metrics.get("judged").asInt()).isEqualTo(60);
  }

  /** The sample contains the same images for any division into files. */
  @Test
  void judgesASampleOfWhatIsTooMuch() throws Exception {
    TestEmbeddings.write(embeddings("a"), 300, TestEmbeddings::row);
    TestEmbeddings.write(embeddings("b"), 150, i -> TestEmbeddings.row(150 + i));
    TestEmbeddings.write(embeddings("b"), 150, TestEmbeddings::row);
    JsonNode sampled = evaluate("a", "--sample=80");
    assertThat(sampled.get("judged").asInt()).isEqualTo(80);
    assertThat(sampled.get("embeddings").asInt()).isEqualTo(300);
    assertThat(sampled.get("notes").toString()).contains("80 of 300 embeddings are evaluated");
    // Held-out images are selected with another hash than the sample: about a tenth of it.
    assertThat(sampled.at("/classification/testImages").asInt()).isBetween(2, 16);
    JsonNode again = evaluate("b", "--sample=80");
    assertThat(again.get("clusters")).isEqualTo(sampled.get("clusters"));
    assertThat(again.at("/classification/knn")).isEqualTo(sampled.at("/classification/knn"));
  }

  @Test
  void judgesWhatHasNoLabelsWithoutThem() throws Exception {
    TestEmbeddings.write(
        embeddings("a"), 50, i -> TestEmbeddings.row(i, null, TestEmbeddings.MODEL, 1));
    JsonNode metrics = evaluate("a");
    assertThat(metrics.get("classification").isNull()).isTrue();
    assertThat(metrics.at("/clusters/agreement").isNull()).isTrue();
    assertThat(metrics.at("/features/consistency").asDouble()).isBetween(0.3, 1.0);
    assertThat(metrics.get("notes").toString()).contains("no image has a label");

    TestEmbeddings.write(embeddings("a"), 50, i -> TestEmbeddings.row(50 + i));
    JsonNode half = evaluate("a");
    assertThat(half.at("/classification/classes").asInt()).isEqualTo(3);
    assertThat(half.get("notes").toString()).contains("50 of 100 images have no label");
  }

  @Test
  void saysSoWhereThereIsTooLittle() throws Exception {
    TestEmbeddings.write(embeddings("a"), 1, TestEmbeddings::row);
    assertThat(evaluate("a").get("notes").toString())
        .contains("too few to evaluate classification", "there is one embedding only");
    TestEmbeddings.write(
        embeddings("b"), 40, i -> TestEmbeddings.row(i, "cat", TestEmbeddings.MODEL, 1));
    JsonNode metrics = evaluate("b", "--holdOut=0.4");
    assertThat(metrics.at("/classification/linearProbe").isNull()).isTrue();
    assertThat(metrics.get("notes").toString()).contains("all images have one label");
  }

  @Test
  void refusesWhatWouldMislead() throws Exception {
    TestEmbeddings.write(embeddings("a"), 20, TestEmbeddings::row);
    TestEmbeddings.write(
        embeddings("a"), 20, i -> TestEmbeddings.row(i, "class0", "swav-another-step-1", 1));
    assertRefused("a", "of model swav-0123456789ab-step-7", "give each model a folder of its own");
    TestEmbeddings.write(
        embeddings("b"),
        20,
        i -> TestEmbeddings.row(i, "a", TestEmbeddings.MODEL, i == 5 ? Float.NaN : 1));
    assertRefused("b", "holds 1 embeddings that are not finite", "photos/005.jpg");
    TestEmbeddings.write(
        embeddings("c"), 20, i -> TestEmbeddings.row(i, "class0", "swav-another-step-1", 1));
    TestEmbeddings.write(embeddings("d"), 20, TestEmbeddings::row);
    assertRefused("d", "both must be of the same model", "--test=" + embeddings("c"));
    assertRefused("d", "is not a training run", "--run=" + folder.resolve("none"));
    assertRefused("none", "holds no embeddings", "");
    Files.createDirectories(embeddings("empty"));
    assertRefused("empty", "holds no embeddings: give the --output of `swav embed`", "");
    Files.writeString(Files.createDirectories(embeddings("text")).resolve("a.parquet"), "text");
    assertRefused("text", "a.parquet is damaged, or not a file of embeddings", "");
  }

  @Test
  void notesWhatMakesAnAccuracySaySomethingElse() throws Exception {
    TestEmbeddings.write(embeddings("train"), 60, TestEmbeddings::row);
    TestEmbeddings.write(
        embeddings("upper"),
        30,
        i -> TestEmbeddings.row(100 + i, "CLASS " + i % 3, TestEmbeddings.MODEL, 1));
    assertThat(evaluate("train", "--test=" + embeddings("upper")).get("notes").toString())
        .contains(
            "30 of 30 images of --test have one of 3 labels that no image of --train has",
            "for example 'CLASS 0'; the most similar label of --train is 'class0'")
        .doesNotContain("are in --train too");
    TestEmbeddings.write(embeddings("overlap"), 40, i -> TestEmbeddings.row(50 + i));
    assertThat(evaluate("train", "--test=" + embeddings("overlap")).get("notes").toString())
        .contains("10 of 40 images of --test are in --train too")
        .doesNotContain("that no image of --train has");
    TestEmbeddings.write(
        embeddings("empty"), 40, i -> TestEmbeddings.row(i, " ", TestEmbeddings.MODEL, 1));
    assertThat(evaluate("empty").get("classification").isNull()).isTrue();
  }

  @Test
  void refusesTwoLengthsUnderOneModel() throws Exception {
    TestEmbeddings.write(embeddings("a"), 20, TestEmbeddings::row);
    TestEmbeddings.write(embeddings("b"), 20, EvaluateTest::shorter);
    assertRefused(
        "a", "of 6 features, --test of 5, under one model id", "--test=" + embeddings("b"));
    TestEmbeddings.write(embeddings("a"), 20, EvaluateTest::shorter);
    assertRefused("a", "holds embeddings of 6 and of 5 features under the model id", "");
  }

  private static Embedding shorter(int number) {
    Embedding row = TestEmbeddings.row(number);
    return new Embedding(
        row.source(),
        row.position(),
        row.name(),
        row.label(),
        Arrays.copyOf(row.embedding(), 5),
        row.projection(),
        row.cluster(),
        row.clusterProbability(),
        row.model());
  }

  /**
   * @param more an option, or another part of the message
   */
  private void assertRefused(String name, String message, String more) {
    List<String> arguments = new ArrayList<>(List.of("evaluate", "--train=" + embeddings(name)));
    if (more.startsWith("--")) {
      arguments.add(more);
    }
    Outcome outcome = Commands.swav(arguments);
    assertThat(outcome.err()).startsWith("swav: ").contains(message).hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(1);
    if (!more.startsWith("--")) {
      assertThat(outcome.err()).contains(more);
    }
  }

  private JsonNode evaluate(String name, String... more) throws IOException {
    Path json = folder.resolve("metrics.json");
    Outcome outcome =
        Commands.swav(List.of("evaluate", "--train=" + embeddings(name), "--output=" + json), more)
            .succeededQuietly();
    JsonNode metrics = new ObjectMapper().readTree(json.toFile());
    metrics.get("notes").forEach(note -> assertThat(outcome.out()).contains(note.asText()));
    return metrics;
  }

  private Path embeddings(String name) {
    return folder.resolve(name);
  }
}
