package io.swavbeam.app.evaluation.metrics;

import io.swavbeam.app.evaluation.sample.ClassLabels;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.jgrapht.Graph;
import org.jgrapht.alg.matching.KuhnMunkresMinimalWeightBipartitePerfectMatching;
import org.jgrapht.graph.DefaultWeightedEdge;
import org.jgrapht.graph.SimpleWeightedGraph;

/**
 * The agreement of clusters and classes. It does not depend on the numbering of clusters.
 *
 * @param purity the fraction of images in the most frequent class of their cluster, in (0, 1]; it
 *     grows with the number of clusters
 * @param nmi the normalised mutual information, with the arithmetic mean of the entropies, in [0,
 *     1]
 * @param ami the adjusted mutual information (Vinh et al. 2010): 0 for random clusters, at most 1
 * @param ari the adjusted Rand index (Hubert and Arabie 1985): 0 for random clusters, at most 1
 * @param hungarianAccuracy the accuracy of the best one-to-one assignment of clusters to classes;
 *     null if there are more clusters than classes
 */
public record ClusterAgreement(
    double purity, double nmi, double ami, double ari, @Nullable Double hungarianAccuracy) {

  /**
   * Compares clusters with classes.
   *
   * @param labels the class of each image; at least one image
   * @param clusters the cluster of each image; any numbers
   */
  public static ClusterAgreement of(List<String> labels, int[] clusters) {
    int[] rows = ClassLabels.of(labels).indices(labels);
    List<String> names = IntStream.of(clusters).mapToObj(Integer::toString).toList();
    Contingency counts = Contingency.of(rows, ClassLabels.of(names).indices(names));
    double mutual = counts.mutualInformation();
    double entropies = (counts.entropy(counts.classes) + counts.entropy(counts.clusters)) / 2;
    boolean both = counts.classes.length == 1 && counts.clusters.length == 1;
    return new ClusterAgreement(
        counts.purity(),
        // Two partitions with one part each agree.
        both ? 1 : entropies == 0 ? 0 : mutual / entropies,
        both ? 1 : adjusted(mutual, counts.expectedMutualInformation(), entropies),
        counts.adjustedRand(),
        counts.clusters.length > counts.classes.length ? null : counts.hungarian());
  }

  private static double adjusted(double mutual, double expected, double mean) {
    double room = mean - expected;
    // If every image is its own class, rounding could change the sign.
    double divisor = room < 0 ? Math.min(room, -1e-15) : Math.max(room, 1e-15);
    return (mutual - expected) / divisor;
  }

  /** The number of images of each class in each cluster. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Contingency(long[][] counts, long[] classes, long[] clusters, int images) {
    static Contingency of(int[] labels, int[] clusters) {
      int rows = IntStream.of(labels).max().orElseThrow() + 1;
      int columns = IntStream.of(clusters).max().orElseThrow() + 1;
      long[][] counts = new long[rows][columns];
      long[] ofRows = new long[rows];
      long[] ofColumns = new long[columns];
      for (int i = 0; i < labels.length; i++) {
        counts[labels[i]][clusters[i]]++;
        ofRows[labels[i]]++;
        ofColumns[clusters[i]]++;
      }
      return new Contingency(counts, ofRows, ofColumns, labels.length);
    }

    double purity() {
      long sum = 0;
      for (int j = 0; j < clusters.length; j++) {
        long most = 0;
        for (long[] row : counts) {
          most = Math.max(most, row[j]);
        }
        sum += most;
      }
      return (double) sum / images;
    }

    double entropy(long[] sizes) {
      double sum = 0;
      for (long size : sizes) {
        double share = (double) size / images;
        sum -= share * Math.log(share);
      }
      return sum;
    }

    double mutualInformation() {
      double sum = 0;
      for (int i = 0; i < classes.length; i++) {
        for (int j = 0; j < clusters.length; j++) {
          double count = counts[i][j];
          if (count > 0) {
            sum += count / images * Math.log(count * images / ((double) classes[i] * clusters[j]));
          }
        }
      }
      return Math.max(sum, 0);
    }

    /**
     * Returns the expected mutual information of random partitions with these sizes (Vinh et al.
     * 2010, equation 24a).
     */
    double expectedMutualInformation() {
      double[] logFactorial = new double[images + 1];
      for (int i = 2; i <= images; i++) {
        logFactorial[i] = logFactorial[i - 1] + Math.log(i);
      }
      double sum = 0;
      for (long ofClass : classes) {
        for (long ofCluster : clusters) {
          int a = (int) ofClass;
          int b = (int) ofCluster;
          double fixed =
              logFactorial[a]
                  + logFactorial[b]
                  + logFactorial[images - a]
                  + logFactorial[images - b]
                  - logFactorial[images];
          for (int both = Math.max(1, a + b - images); both <= Math.min(a, b); both++) {
            double probability =
                Math.exp(
                    fixed
                        - logFactorial[both]
                        - logFactorial[a - both]
                        - logFactorial[b - both]
                        - logFactorial[images - a - b + both]);
            sum +=
                (double) both
                    / images
                    * Math.log((double) images * both / ((double) a * b))
                    * probability;
          }
        }
      }
      return sum;
    }

    double adjustedRand() {
      double together = 0;
      for (long[] row : counts) {
        together += pairs(row);
      }
      double ofClasses = pairs(classes);
      double ofClusters = pairs(clusters);
      double expected = images < 2 ? 0 : ofClasses * ofClusters / pairs(images);
      double most = (ofClasses + ofClusters) / 2;
      return most == expected ? 1 : (together - expected) / (most - expected);
    }

    double hungarian() {
      int size = classes.length;
      Graph<Integer, DefaultWeightedEdge> graph =
          new SimpleWeightedGraph<>(DefaultWeightedEdge.class);
      Set<Integer> left = new HashSet<>();
      Set<Integer> right = new HashSet<>();
      for (int i = 0; i < size; i++) {
        left.add(i);
        right.add(size + i);
        graph.addVertex(i);
        graph.addVertex(size + i);
      }
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          // Classes without a cluster get an empty one.
          long count = j < clusters.length ? counts[i][j] : 0;
          graph.setEdgeWeight(graph.addEdge(i, size + j), -(double) count);
        }
      }
      double cost =
          new KuhnMunkresMinimalWeightBipartitePerfectMatching<>(graph, left, right)
              .getMatching()
              .getWeight();
      return -cost / images;
    }

    /** Returns the number of pairs of images in groups of these sizes. */
    private static double pairs(long... sizes) {
      double sum = 0;
      for (long size : sizes) {
        sum += size * (size - 1.0) / 2;
      }
      return sum;
    }
  }
}
