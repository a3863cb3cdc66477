package io.swavbeam.app.search;

import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A search that compares queries with every embedding of a folder. The folder is read once for all
 * queries, without holding it in memory.
 *
 * @param folder the folder of embeddings
 * @param model the id of the model
 */
public record ExactSearch(Folder folder, String model) implements EmbeddingSearch {

  /** A query and its nearest rows so far, with the farthest first. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Query(float[] features, PriorityQueue<Neighbour> nearest) {
    Query(float[] features) {
      this(features, new PriorityQueue<>(Comparator.comparingDouble(Neighbour::similarity)));
    }

    void compare(Embedding row, int top) {
      double similarity = Cosine.of(features, row.embedding());
      if (nearest.size() < top || similarity > nearest.element().similarity()) {
        nearest.add(
            new Neighbour(similarity, row.source(), row.position(), row.name(), row.label()));
        if (nearest.size() > top) {
          nearest.remove();
        }
      }
    }

    List<Neighbour> result() {
      return nearest.stream()
          .sorted(Comparator.comparingDouble(Neighbour::similarity).reversed())
          .toList();
    }
  }

  @Override
  public List<List<Neighbour>> nearest(List<float[]> features, int top) throws IOException {
    List<Query> queries = features.stream().map(Query::new).toList();
    SearchableRows rows = new SearchableRows(folder, model, features.get(0).length);
    EmbeddingFiles.read(
        folder,
        row -> {
          if (rows.admit(row)) {
            queries.forEach(query -> query.compare(row, top));
          }
        });
    return queries.stream().map(Query::result).toList();
  }
}
