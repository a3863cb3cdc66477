package io.swavbeam.app.evaluation;

import io.swavbeam.app.evaluation.metrics.ClusterAgreement;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the numbers say of embeddings: the JSON of {@code swav evaluate}. What cannot be said is
 * null, and {@code notes} says why.
 *
 * @param model that made them
 * @param embeddings in the folder
 * @param judged of these, see {@code --sample}
 * @param dimensions of the features
 * @param classification of held-out images by their labels
 * @param clusters of all that are judged; null if their model has no prototypes
 * @param features of all that are judged
 * @param notes on what is missing, a line each
 */
public record Metrics(
    String model,
    long embeddings,
    int judged,
    int dimensions,
    @Nullable Classification classification,
    @Nullable Clusters clusters,
    @Nullable Features features,
    List<String> notes) {

  /**
   * How well labels are predicted from features.
   *
   * @param classes in the training part
   * @param trainImages that vote and are learned from
   * @param testImages that are classified
   * @param knn one for each number of neighbours
   * @param linearProbe null if there is one class only
   */
  public record Classification(
      int classes, int trainImages, int testImages, List<Knn> knn, @Nullable Probe linearProbe) {}

  /**
   * A weighted nearest-neighbour classifier.
   *
   * @param neighbours that vote
   * @param temperature of the votes
   * @param accuracy in [0, 1]
   */
  public record Knn(int neighbours, double temperature, double accuracy) {}

  /** A linear probe: its settings, and what came of it. */
  public record Probe(LinearProbe.Settings settings, LinearProbe.Result result) {}

  /**
   * The clusters.
   *
   * @param prototypes of the model, or null if it is not at hand
   * @param used clusters that have an image
   * @param entropy of their shares, in nats
   * @param effective number of clusters, the exponential of the entropy
   * @param largestShare of images in one cluster
   * @param agreement with the labels, or null if there are none
   */
  public record Clusters(
      @Nullable Integer prototypes,
      int used,
      double entropy,
      double effective,
      double largestShare,
      @Nullable ClusterAgreement agreement) {}

  /**
   * The features, without labels.
   *
   * @param rankMe effective rank, in [1, dimensions]
   * @param deviation of the components of features of unit length, times the square root of their
   *     number: 1 when they are all over the sphere, 0 when they are one point
   * @param neighbours that consistency looks at
   * @param queries sampled images whose neighbours are looked at
   * @param consistency share of an image's nearest neighbours that are in its cluster; null without
   *     clusters
   */
  public record Features(
      double rankMe, double deviation, int neighbours, int queries, @Nullable Double consistency) {}
}
