package io.swavbeam.app.evaluation.sample;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.List;

/**
 * Features with classes.
 *
 * @param features one row an image
 * @param labels one an image
 */
public record LabelledEmbeddings(List<float[]> features, List<String> labels) {
  /** Of rows that all have a label. */
  public static LabelledEmbeddings of(List<Embedding> rows) {
    return new LabelledEmbeddings(
        rows.stream().map(Embedding::embedding).toList(),
        rows.stream().map(Embedding::label).toList());
  }

  /** How many there are. */
  public int size() {
    return labels.size();
  }
}
