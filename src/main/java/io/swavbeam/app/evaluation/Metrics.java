package io.swavbeam.app.evaluation;

import io.swavbeam.app.evaluation.metrics.ClusterAgreement;
import io.swavbeam.app.evaluation.probe.LinearProbe;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The result of an evaluation, which is the JSON of {@code swav evaluate}. Values that cannot be
 * computed are null, and {@code notes} has the reason.
 *
 * @param model the id of the model
 * @param embeddings the number of embeddings in the folder
 * @param judged the number of embeddings that were evaluated, see {@code --sample}
 * @param dimensions the number of features
 * @param classification the classification of held-out images by their labels
 * @param clusters the clusters; null if the model has no prototypes
 * @param features statistics of the features
 * @param notes the reasons of missing values, one line each
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
   * @param classes the number of classes in the training set
   * @param trainImages the number of training images
   * @param testImages the number of test images
   * @param knn the k-NN classifiers
   * @param linearProbe the linear probe; null if there is only one class
   */
  public record Classification(
      int classes, int trainImages, int testImages, List<Knn> knn, @Nullable Probe linearProbe) {}

  /**
   * A weighted k-NN classifier.
   *
   * @param neighbours the number of neighbours
   * @param temperature the temperature of their weights
   * @param accuracy the accuracy in [0, 1]
   */
  public record Knn(int neighbours, double temperature, double accuracy) {}

  /** A linear probe: its settings and its result. */
  public record Probe(LinearProbe.Settings settings, LinearProbe.Result result) {}

  /**
   * The clusters.
   *
   * @param prototypes the number of prototypes of the model, or null if it is unknown
   * @param used the number of clusters with at least one image
   * @param entropy the entropy of the fractions of images, in nats
   * @param effective the effective number of clusters, the exponential of the entropy
   * @param largestShare the fraction of images in the largest cluster
   * @param agreement the agreement with the labels, or null if there are none
   */
  public record Clusters(
      @Nullable Integer prototypes,
      int used,
      double entropy,
      double effective,
      double largestShare,
      @Nullable ClusterAgreement agreement) {}

  /**
   * Statistics of the features, without labels.
   *
   * @param rankMe the effective rank, in [1, dimensions]
   * @param deviation the standard deviation of the components of normalised features, times the
   *     square root of their number: 1 if they cover the sphere, 0 if all are equal
   * @param neighbours the number of neighbours for the consistency
   * @param queries the number of sampled images for the consistency
   * @param consistency the fraction of nearest neighbours in the same cluster; null without
   *     clusters
   */
  public record Features(
      double rankMe, double deviation, int neighbours, int queries, @Nullable Double consistency) {}
}
