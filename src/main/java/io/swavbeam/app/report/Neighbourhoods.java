package io.swavbeam.app.report;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.neighbours.NearestNeighbours;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.report.ReportData.Picture;
import io.swavbeam.app.report.ReportData.Query;
import io.swavbeam.pipelines.embedding.Embedding;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Sampled images with their nearest neighbours. */
final class Neighbourhoods {
  private static final int LOOKED = 500;
  private static final int SHOWN = 12;
  private static final int NEIGHBOURS = 8;

  private Neighbourhoods() {}

  static ReportData.Neighbours of(
      EmbeddingSample sample, ReportImages pictures, Progress progress) {
    List<Embedding> rows = sample.rows();
    int[] queries = sample.some(LOOKED);
    List<Query> right = new ArrayList<>();
    List<Query> others = new ArrayList<>();
    int[] counts = new int[2];
    try (NearestNeighbours search = new NearestNeighbours(sample.features())) {
      search.searchOthers(
          queries,
          NEIGHBOURS,
          "neighbours",
          progress,
          (query, nearest, similarities) -> {
            Embedding image = rows.get(queries[query]);
            Boolean same = same(image, rows.get(nearest[0]));
            if (same != null) {
              counts[same ? 1 : 0]++;
            }
            List<Query> kind = Boolean.TRUE.equals(same) ? right : others;
            if (kind.size() < SHOWN) {
              List<Picture> neighbours =
                  IntStream.range(0, nearest.length)
                      .mapToObj(i -> pictures.of(rows.get(nearest[i]), similarities[i]))
                      .toList();
              kind.add(new Query(pictures.of(image, 1), same, neighbours));
            }
          });
    }
    List<Query> shown = new ArrayList<>(right);
    shown.addAll(others);
    int judged = counts[0] + counts[1];
    return new ReportData.Neighbours(
        queries.length, judged == 0 ? null : (double) counts[1] / judged, shown);
  }

  private static @Nullable Boolean same(Embedding image, Embedding nearest) {
    if (image.label() == null || nearest.label() == null) {
      return null;
    }
    return image.label().equals(nearest.label());
  }
}
