package io.swavbeam.app.search;

import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Checks that rows of embeddings can be searched, exactly or by an index. */
final class SearchableRows {
  private final Folder folder;
  private final String model;
  private int features;

  /**
   * @param folder of the embeddings
   * @param model that must have made them
   * @param features of each row; 0 for those of the first one
   */
  SearchableRows(Folder folder, String model, int features) {
    this.folder = folder;
    this.model = model;
    this.features = features;
  }

  /**
   * Whether a row can be found: one of length 0 has no direction, and is near to nothing.
   *
   * @throws UncheckedIOException in one line, if it is of another model, not finite, or has another
   *     number of features than those before
   */
  boolean admit(Embedding row) {
    if (!row.model().equals(model)) {
      throw refuse(
          "%s holds embeddings of model %s, not %s: give the --model that made them"
              .formatted(folder, row.model(), model));
    }
    features = features == 0 ? row.embedding().length : features;
    if (row.embedding().length != features) {
      throw otherLength(row);
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

  /** Refuses a row that has not as many features as others. */
  UncheckedIOException otherLength(Embedding row) {
    return refuse(
        "%s holds an embedding of %d features, of %s, under a model id whose others have another number: embed it again"
            .formatted(folder, row.embedding().length, row.name()));
  }

  private static UncheckedIOException refuse(String why) {
    return new UncheckedIOException(new IOException(why));
  }
}
