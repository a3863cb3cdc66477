package io.swavbeam.app.report;

import io.swavbeam.app.report.ReportData.Cluster;
import io.swavbeam.app.report.ReportData.Count;
import io.swavbeam.app.report.ReportData.Picture;
import io.swavbeam.pipelines.embedding.Embedding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The largest clusters, with their images of the highest and the lowest probability. */
final class Galleries {
  private static final int TYPICAL = 8;
  private static final int DOUBTFUL = 4;

  private final List<List<Embedding>> clusters;
  private final ReportImages pictures;

  Galleries(List<Embedding> rows, ReportImages pictures) {
    Map<Integer, List<Embedding>> byCluster = new TreeMap<>();
    for (Embedding row : rows) {
      if (row.cluster() != null) {
        byCluster.computeIfAbsent(row.cluster(), any -> new ArrayList<>()).add(row);
      }
    }
    clusters =
        byCluster.values().stream()
            .sorted(Comparator.comparingInt((List<Embedding> members) -> -members.size()))
            .toList();
    this.pictures = pictures;
  }

  List<Integer> sizes() {
    return clusters.stream().map(List::size).toList();
  }

  List<Cluster> largest(int count) {
    return clusters.stream().limit(count).map(this::cluster).toList();
  }

  private Cluster cluster(List<Embedding> members) {
    List<Embedding> typicalFirst =
        members.stream()
            .sorted(Comparator.comparingDouble(Embedding::clusterProbability).reversed())
            .toList();
    int typical = Math.min(TYPICAL, members.size());
    int doubtful = Math.max(typical, members.size() - DOUBTFUL);
    return new Cluster(
        members.get(0).cluster(),
        members.size(),
        labels(members),
        typicalFirst.subList(0, typical).stream().map(this::picture).toList(),
        typicalFirst.subList(doubtful, members.size()).stream().map(this::picture).toList());
  }

  private Picture picture(Embedding row) {
    return pictures.of(row, row.clusterProbability());
  }

  private List<Count> labels(List<Embedding> members) {
    Map<Integer, Integer> counts = new TreeMap<>();
    members.forEach(row -> counts.merge(pictures.label(row), 1, Integer::sum));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<Integer, Integer>comparingByValue().reversed())
        .map(entry -> new Count(entry.getKey(), entry.getValue()))
        .toList();
  }
}
