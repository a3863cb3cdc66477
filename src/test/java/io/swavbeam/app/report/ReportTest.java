package io.swavbeam.app.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.TestEmbeddings;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code swav report} with missing and invalid parts. The page itself is tested in a browser. */
class ReportTest {
  private static final Pattern DATA =
      Pattern.compile("<script id=\"data\" type=\"application/json\">(.*?)</script>");

  @TempDir private Path folder;

  @Test
  void leavesOutWhatCannotBeAndSaysWhy() throws Exception {
    TestEmbeddings.write(embeddings(), 60, TestEmbeddings::row);
    JsonNode data = report();
    assertThat(data.at("/missing/training").asText()).contains("--run");
    assertThat(data.at("/missing/thumbnails").asText()).contains("None of the images can be found");
    assertThat(data.get("notes").toString()).contains("photos.tar is no longer there");
    assertThat(data.get("training").isNull()).isTrue();
    assertThat(data.at("/map/x")).hasSize(60);
    assertThat(data.get("clusters")).hasSize(4);
    assertThat(data.at("/neighbours/right").asDouble()).isGreaterThan(0.8);
    assertThat(data.at("/features/correlation")).hasSize(6);
  }

  @Test
  void showsWhatHasNoLabels() throws Exception {
    TestEmbeddings.write(
        embeddings(), 30, i -> TestEmbeddings.row(i, null, TestEmbeddings.MODEL, 1));
    JsonNode data = report();
    assertThat(data.get("labels")).isEmpty();
    assertThat(data.at("/neighbours/right").isNull()).isTrue();
    assertThat(data.at("/metrics/classification").isNull()).isTrue();
  }

  @Test
  void showsOneEmbedding() throws Exception {
    TestEmbeddings.write(embeddings(), 1, TestEmbeddings::row);
    JsonNode data = report();
    assertThat(data.at("/missing/map").asText()).isEqualTo("There is only one embedding.");
    assertThat(data.get("clusters")).hasSize(1);
  }

  /** Names are escaped, and pictures are found by file and by name. */
  @Test
  void findsThePicturesAgain() throws Exception {
    Path one = Files.write(folder.resolve("one.jpg"), TestImages.jpeg(1, 20, 20));
    Path gone = folder.resolve("gone.jpg");
    String name = "</script><b>one.jpg";
    TestEmbeddings.write(
        embeddings(),
        2,
        i -> {
          Embedding row = TestEmbeddings.row(i);
          return new Embedding(
              (i == 0 ? one : gone).toString(),
              0,
              name,
              row.label(),
              row.embedding(),
              row.projection(),
              row.cluster(),
              row.clusterProbability(),
              row.model());
        });
    JsonNode data = report();
    assertThat(data.at("/map/name/0").asText()).isEqualTo(name);
    assertThat(data.at("/thumbnails/sheets").asInt()).isEqualTo(1);
    assertThat(data.get("notes").toString()).contains("gone.jpg is no longer there");
  }

  /** One of the sources is in an unavailable store. The report shows the others. */
  @Tag("slow")
  @Test
  void goesOnWithoutAStoreThatIsAway() throws Exception {
    Path one = Files.write(folder.resolve("one.jpg"), TestImages.jpeg(1, 20, 20));
    TestEmbeddings.write(
        embeddings(),
        2,
        i -> {
          Embedding row = TestEmbeddings.row(i);
          return new Embedding(
              i == 0 ? one.toString() : "s3://photos/archive.tar",
              0,
              row.name(),
              row.label(),
              row.embedding(),
              row.projection(),
              row.cluster(),
              row.clusterProbability(),
              row.model());
        });
    JsonNode data =
        report(
            "--endpoint=http://localhost:9",
            "--awsRegion=us-east-1",
            "--awsCredentialsProvider={\"@type\": \"StaticCredentialsProvider\","
                + " \"accessKeyId\": \"a\", \"secretAccessKey\": \"b\"}");
    assertThat(data.at("/thumbnails/sheets").asInt()).isEqualTo(1);
    assertThat(data.get("notes").toString())
        .contains("s3://photos/archive.tar cannot be reached: ");
  }

  @Test
  void saysInOneLineWhatIsWrong() throws Exception {
    assertRefused("holds no embeddings", "--embeddings=" + folder.resolve("none"));
    TestEmbeddings.write(embeddings(), 5, TestEmbeddings::row);
    assertRefused("is not a training run", "--embeddings=" + embeddings(), "--run=" + folder);
    TestEmbeddings.write(
        embeddings(), 5, i -> TestEmbeddings.row(i, "class0", "swav-another-step-1", 1));
    assertRefused("give each model a folder of its own", "--embeddings=" + embeddings());
  }

  private void assertRefused(String message, String... arguments) {
    Commands.swav(List.of("report", "--output=" + output()), arguments).refused(message);
    assertThat(output()).doesNotExist();
  }

  private JsonNode report(String... options) throws IOException {
    Commands.swav(
            List.of("report", "--embeddings=" + embeddings(), "--output=" + output()), options)
        .succeededQuietly();
    Matcher data = DATA.matcher(Files.readString(output()));
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1));
  }

  private Path embeddings() {
    return folder.resolve("embeddings");
  }

  private Path output() {
    return folder.resolve("report.html");
  }
}
