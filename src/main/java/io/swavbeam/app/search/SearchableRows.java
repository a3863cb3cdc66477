package io.swavbeam.app.search;

import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What both ways of searching ask of embeddings.
 *
 * @param folder of the embeddings
 * @param model that must have made them
 */
record SearchableRows(Folder folder, String model) {
  /**
   * Whether a row can be found: one of length 0 has no direction, and is near to nothing.
   *
   * @throws UncheckedIOException in one line, if it is of another model or not finite
   */
  boolean admit(Embedding row) {
    if (!row.model().equals(model)) {
      throw refuse(
          "%s holds embeddings of model %s, not %s: give the --model that made them"
              .formatted(folder, row.model(), model));
    }
    double square = 0;
    for (float value : row.embedding()) {
      square += (double) value * value;
    }
    if (!Double.isFinite(square)) {
      throw refuse(
          "%s holds an embedding that is not finite, of %s: embed it again with a model that is healthy"
              .formatted(folder, row.name()));
    }
    return square > 0;
  }

  private static UncheckedIOException refuse(String why) {
    return new UncheckedIOException(new IOException(why));
  }
}
