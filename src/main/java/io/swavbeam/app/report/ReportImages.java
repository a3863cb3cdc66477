package io.swavbeam.app.report;

import io.swavbeam.app.evaluation.sample.ClassLabels;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.report.ReportData.Picture;
import io.swavbeam.pipelines.embedding.Embedding;
import java.util.List;

/** Entries for images: the number of a thumbnail, a name and the number of a class. */
final class ReportImages {
  private final Thumbnails thumbnails;
  private final ClassLabels classes;

  ReportImages(EmbeddingSample sample, Thumbnails thumbnails) {
    this.thumbnails = thumbnails;
    classes = ClassLabels.of(sample.labelled().stream().map(Embedding::label).toList());
  }

  List<String> labels() {
    return classes.names();
  }

  /** Returns the number of the class, or -1. */
  int label(Embedding row) {
    return classes.index(row.label());
  }

  int thumbnail(Embedding row) {
    return thumbnails.add(row);
  }

  Picture of(Embedding row, double value) {
    return new Picture(thumbnail(row), row.name(), label(row), value);
  }
}
