package io.swavbeam.app.search;

import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A check that rows of embeddings can be searched. */
final class SearchableRows {
  private final Folder folder;
  private final String model;
  private int features;

  /**
   * @param folder the folder of embeddings
   * @param model the id of the model
   * @param features the number of features; 0 for that of the first row
   */
  SearchableRows(Folder folder, String model, int features) {
    this.folder = folder;
    this.model = model;
    this.features = features;
  }

  /**
   * Returns whether a row can be found. A zero vector has no direction, so it is near to nothing.
   *
   * @throws UncheckedIOException in one line, if the row is of another model, not finite, or has
   *     another number of features than earlier rows
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
          "%s holds an embedding that is not finite, of %s: embed it again with a model that has not diverged"
              .formatted(folder, row.name()));
    }
    return square > 0;
  }

  /** Returns the error for a row with another number of features. */
  UncheckedIOException otherLength(Embedding row) {
    return refuse(
        "%s holds an embedding of %s with %d features, unlike others with the same model id: embed it again"
            .formatted(folder, row.name(), row.embedding().length));
  }

  private static UncheckedIOException refuse(String why) {
    return new UncheckedIOException(new IOException(why));
  }
}
