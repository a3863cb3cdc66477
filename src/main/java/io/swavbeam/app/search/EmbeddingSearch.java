package io.swavbeam.app.search;

import java.io.IOException;
import java.util.List;

/** A search for the images with the most similar features. */
public interface EmbeddingSearch {
  /**
   * Searches.
   *
   * @param queries features; not zero
   * @param top the number of results for each, at least 1
   * @return the results of each query, the nearest first; embeddings that are zero are never found
   * @throws IOException in one line, if the embeddings are missing, damaged, not finite or of
   *     another model
   */
  List<List<Neighbour>> nearest(List<float[]> queries, int top) throws IOException;
}
