package io.swavbeam.app.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.testing.TestEmbeddings;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingSearchTest {
  @TempDir private Path folder;

  @Test
  void theIndexFindsNearlyAllOfTheNearestWithTheirExactSimilarity() throws Exception {
    write(3000, 0, 32);
    List<float[]> queries = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      queries.add(features(100_000 + i, 32));
    }
    List<List<Neighbour>> exact = exact().nearest(queries, 10);
    List<List<Neighbour>> indexed = index().nearest(queries, 10);
    int found = 0;
    for (int i = 0; i < queries.size(); i++) {
      assertThat(exact.get(i)).hasSize(10);
      assertThat(indexed.get(i)).hasSize(10);
      Set<String> names = new HashSet<>();
      indexed.get(i).forEach(neighbour -> names.add(neighbour.name()));
      found += (int) exact.get(i).stream().filter(near -> names.contains(near.name())).count();
      for (Neighbour neighbour : indexed.get(i)) {
        float[] row = features(Integer.parseInt(neighbour.name()), 32);
        assertThat(neighbour.similarity()).isCloseTo(Cosine.of(queries.get(i), row), within(1e-5));
      }
    }
    assertThat(found).as("of 200 nearest").isGreaterThanOrEqualTo(190);
  }

  @Test
  void exactSearchIsByCosineTheNearestFirst() throws Exception {
    TestEmbeddings.write(
        embeddings(), 4, i -> row(i, new float[] {(float) Math.cos(i), (float) (2 * Math.sin(i))}));
    List<Neighbour> found = exact().nearest(List.of(new float[] {5, 0}), 3).get(0);
    assertThat(found).extracting(Neighbour::name).containsExactly("0", "1", "2");
    assertThat(found.get(0).similarity()).isCloseTo(1, within(1e-6));
    // More than there are rows: returns all.
    assertThat(exact().nearest(List.of(new float[] {5, 0}), 9).get(0)).hasSize(4);
    assertThat(index().nearest(List.of(new float[] {5, 0}), 9).get(0))
        .extracting(Neighbour::name)
        .containsExactlyElementsOf(
            exact().nearest(List.of(new float[] {5, 0}), 9).get(0).stream()
                .map(Neighbour::name)
                .toList());
  }

  @Test
  void findsNothingWithoutADirectionAndRefusesWhatIsNotFinite() throws Exception {
    TestEmbeddings.write(embeddings(), 3, i -> row(i, new float[] {i, 0}));
    List<float[]> query = List.of(new float[] {1, 1});
    for (EmbeddingSearch search : List.of(exact(), index())) {
      assertThat(search.nearest(query, 9).get(0))
          .extracting(Neighbour::name)
          .containsExactlyInAnyOrder("1", "2");
    }
    TestEmbeddings.write(embeddings(), 1, i -> row(7, new float[] {1, Float.NaN}));
    for (EmbeddingSearch search : List.of(exact(), index())) {
      assertThatThrownBy(() -> search.nearest(query, 9))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not finite, of 7");
    }
  }

  /** ResNet-50 has 2,048 features, which exceeds the default limit of Lucene. */
  @Test
  void takesWideFeatures() throws Exception {
    write(20, 0, 2048);
    assertThat(index().nearest(List.of(features(7, 2048)), 1).get(0).get(0).name()).isEqualTo("7");
  }

  @Test
  void theIndexGrowsWithTheFolderAndIsLeftAloneOtherwise() throws Exception {
    write(50, 0, 8);
    List<float[]> query = List.of(features(70, 8));
    assertThat(index().nearest(query, 1).get(0).get(0).name()).isNotEqualTo("70");
    List<String> before = files();
    index().nearest(query, 1);
    assertThat(files()).isEqualTo(before);
    write(50, 50, 8);
    assertThat(index().nearest(query, 1).get(0).get(0).name()).isEqualTo("70");
    assertThat(index().nearest(query, 1000).get(0)).hasSize(100);
  }

  @Test
  void refusesAnIndexOfSomethingElse() throws Exception {
    write(10, 0, 8);
    List<float[]> query = List.of(features(1, 8));
    index().nearest(query, 1);
    assertThatThrownBy(
            () ->
                new LuceneIndex(
                        folder.resolve("index"), Folder.of(embeddings()), "another", Progress.NONE)
                    .nearest(query, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is the index of other embeddings");
    assertThatThrownBy(
            () ->
                new LuceneIndex(
                        folder.resolve("new"), Folder.of(embeddings()), "another", Progress.NONE)
                    .nearest(query, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("give the --model that made them");
    assertThatThrownBy(() -> new ExactSearch(Folder.of(embeddings()), "another").nearest(query, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("give the --model that made them");
    for (Location file : EmbeddingFiles.list(Folder.of(embeddings()))) {
      Files.delete(file.path());
    }
    write(10, 0, 8);
    assertThatThrownBy(() -> index().nearest(query, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("delete it, or choose another --index");
    assertThatThrownBy(
            () ->
                new LuceneIndex(
                        embeddings(), Folder.of(embeddings()), TestEmbeddings.MODEL, Progress.NONE)
                    .nearest(query, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("something that is not an index");
    assertThat(files(embeddings())).hasSize(1);
  }

  private ExactSearch exact() {
    return new ExactSearch(Folder.of(embeddings()), TestEmbeddings.MODEL);
  }

  private LuceneIndex index() {
    return new LuceneIndex(
        folder.resolve("index"), Folder.of(embeddings()), TestEmbeddings.MODEL, Progress.NONE);
  }

  private List<String> files() throws IOException {
    return files(folder.resolve("index"));
  }

  private static List<String> files(Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    try (var list = Files.list(folder)) {
      for (Path file : list.sorted().toList()) {
        files.add(file.getFileName() + " " + Files.getLastModifiedTime(file));
      }
    }
    return files;
  }

  private void write(int count, int first, int dimensions) throws IOException {
    TestEmbeddings.write(embeddings(), count, i -> row(first + i, features(first + i, dimensions)));
  }

  private static Embedding row(int number, float[] features) {
    return new Embedding(
        "photos.tar",
        number,
        Integer.toString(number),
        null,
        features,
        new float[] {1},
        0,
        1f,
        TestEmbeddings.MODEL);
  }

  private static float[] features(int number, int dimensions) {
    Random random = new Random(number);
    float[] features = new float[dimensions];
    for (int j = 0; j < dimensions; j++) {
      features[j] = (float) random.nextGaussian();
    }
    return features;
  }

  private Path embeddings() {
    return folder.resolve("embeddings");
  }
}
