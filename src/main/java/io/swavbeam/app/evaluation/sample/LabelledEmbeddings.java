package io.swavbeam.app.evaluation.sample;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.List;

/**
 * Features with classes.
 *
 * @param features one row per image
 * @param labels one label per image
 */
public record LabelledEmbeddings(List<float[]> features, List<String> labels) {
  /** Creates features from rows that all have a label. */
  public static LabelledEmbeddings of(List<Embedding> rows) {
    return new LabelledEmbeddings(
        rows.stream().map(Embedding::embedding).toList(),
        rows.stream().map(Embedding::label).toList());
  }

  /** Returns the number of rows. */
  public int size() {
    return labels.size();
  }
}
