package io.swavbeam.app.report;

import io.swavbeam.app.report.ReportData.Picture;
import io.swavbeam.pipelines.embedding.Embedding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Images as a report names them: by a thumbnail, a name and the number of a class. */
final class Pictures {
  private static final int NO_LABEL = -1;

  private final Thumbnails thumbnails;
  private final List<String> labels;
  private final Map<String, Integer> numbers = new HashMap<>();

  Pictures(List<Embedding> rows, Thumbnails thumbnails) {
    this.thumbnails = thumbnails;
    TreeSet<String> names = new TreeSet<>();
    rows.stream().map(Embedding::label).filter(label -> label != null).forEach(names::add);
    labels = List.copyOf(names);
    labels.forEach(name -> numbers.put(name, numbers.size()));
  }

  List<String> labels() {
    return labels;
  }

  int label(Embedding row) {
    return row.label() == null ? NO_LABEL : numbers.get(row.label());
  }

  int thumbnail(Embedding row) {
    return thumbnails.add(row);
  }

  Picture of(Embedding row, double value) {
    return new Picture(thumbnail(row), row.name(), label(row), value);
  }
}
