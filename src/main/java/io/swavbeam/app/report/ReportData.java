package io.swavbeam.app.report;

import io.swavbeam.app.evaluation.Metrics;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The content of a report for its script. A missing part is null, and {@code missing} has the
 * reason.
 *
 * @param title the title of the page
 * @param metrics the metrics of the embeddings
 * @param labels the names of the classes by number
 * @param training the curves of the run
 * @param map the map of the images
 * @param clusters the largest clusters, by falling size
 * @param clusterSizes the sizes of all clusters, in the same order
 * @param neighbours the neighbours of sampled images
 * @param features statistics of the features
 * @param crops crops as in the training run
 * @param config the configuration of the run as JSON
 * @param provenance names and values about the origin of the data
 * @param thumbnails the layout of the thumbnails, or null if no image could be read
 * @param missing the reasons of missing parts by name
 * @param notes notes on the whole report
 */
public record ReportData(
    String title,
    Metrics metrics,
    List<String> labels,
    @Nullable Training training,
    @Nullable PointMap map,
    List<Cluster> clusters,
    List<Integer> clusterSizes,
    @Nullable Neighbours neighbours,
    @Nullable Features features,
    List<Crops> crops,
    @Nullable String config,
    Map<String, String> provenance,
    @Nullable Layout thumbnails,
    Map<String, String> missing,
    List<String> notes) {

  /** The layout of thumbnails on sheets: the side in pixels, and the number in a row. */
  public record Layout(int side, int columns, int sheets) {}

  /**
   * An image and its crops, as data URIs.
   *
   * @param original the image, at most 256 pixels wide or high
   */
  public record Crops(String name, String original, String sheet) {}

  /**
   * The curves of a training run, with a value for each logged step.
   *
   * @param chance the loss of uniform predictions: ln K
   * @param prototypes K
   * @param warnings the warnings of the run with their steps
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Training(
      double chance,
      int prototypes,
      long[] step,
      double[] loss,
      double[] learningRate,
      double[] codeEntropy,
      double[] prototypesUsed,
      double[] featureStandardDeviation,
      double[] gradientNorm,
      double[] imagesPerSecond,
      List<String> warnings) {}

  /**
   * Images on the plane of the first two principal components, as arrays.
   *
   * @param of the number of images that these are a sample of
   * @param explained the fraction of the variance along each axis
   * @param label the number of the class, or -1
   * @param confidence the probability of the cluster
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record PointMap(
      long of,
      double[] explained,
      float[] x,
      float[] y,
      int[] label,
      int[] cluster,
      float[] confidence,
      int[] thumbnail,
      List<String> name) {}

  /** An image in a gallery. */
  public record Picture(int thumbnail, String name, int label, double value) {}

  /**
   * A cluster.
   *
   * @param labels the number of images of each class, the most frequent first
   * @param typical the images with the highest probability, which is their {@code value}
   * @param doubtful the images with the lowest probability
   */
  public record Cluster(
      int cluster, int size, List<Count> labels, List<Picture> typical, List<Picture> doubtful) {}

  /** The number of images of a class. */
  public record Count(int label, int count) {}

  /**
   * Sampled images with their nearest neighbours.
   *
   * @param looked the number of sampled images
   * @param right the fraction of these whose nearest neighbour has the same label, or null without
   *     labels
   */
  public record Neighbours(int looked, @Nullable Double right, List<Query> queries) {}

  /**
   * An image with its neighbours.
   *
   * @param right whether the nearest neighbour has the same label; null if one has none
   * @param nearest the neighbours, with their cosine similarity as {@code value}
   */
  public record Query(Picture image, @Nullable Boolean right, List<Picture> nearest) {}

  /**
   * Statistics of the features of all images.
   *
   * @param mean the mean of all values
   * @param zeros the fraction of values that are 0
   * @param constant the number of constant dimensions
   * @param edges the edges of the bins of the histogram, one more than bins
   * @param counts the counts of sampled values; the last bin includes values beyond its edge
   * @param order the dimensions by falling variance; the following arrays are in this order
   * @param correlated the dimensions of the correlation matrix, those of the largest variance
   * @param meanCorrelation the mean absolute correlation of two different dimensions
   * @param explained the fraction of variance along each principal component
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Features(
      double mean,
      double deviation,
      double least,
      double largest,
      double zeros,
      int constant,
      double[] edges,
      long[] counts,
      int[] order,
      double[] means,
      double[] variances,
      double[] minima,
      double[] maxima,
      int[] correlated,
      double[][] correlation,
      double meanCorrelation,
      double[] explained) {}
}
