package io.swavbeam.app.search;

import java.io.IOException;
import java.util.List;

/** Finds the images whose features are most like others. */
public interface EmbeddingSearch {
  /**
   * Searches.
   *
   * @param queries features, not of zero length
   * @param top how many to find for each, at least 1
   * @return for each query, the nearest first; an embedding of length 0 is never found
   * @throws IOException in one line, if the embeddings are missing, damaged, not finite or of
   *     another model
   */
  List<List<Neighbour>> nearest(List<float[]> queries, int top) throws IOException;
}
