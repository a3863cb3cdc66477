package io.swavbeam.app.report;

import io.swavbeam.app.evaluation.Metrics;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Everything that a report shows, as its script reads it. A part that cannot be is null, and {@code
 * missing} says why.
 *
 * @param title of the page
 * @param metrics of the embeddings
 * @param labels names of the classes, by number
 * @param training curves of the run
 * @param map of the images
 * @param clusters the largest, in order of size
 * @param clusterSizes of all, in the same order
 * @param neighbours of sampled images
 * @param features what can be said of them without labels
 * @param crops of the kind that the run learned from
 * @param config of the run, as JSON
 * @param provenance where all this comes from: names and values
 * @param thumbnails how they lie on their sheets, or null where no image could be read
 * @param missing why a part is missing, by its name
 * @param notes on the whole
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

  /** How thumbnails lie on sheets: pixels of a side, and thumbnails in a row. */
  public record Layout(int side, int columns, int sheets) {}

  /**
   * An image and the crops that the recipe makes of it, as data URIs.
   *
   * @param original the image, at most 256 pixels wide or high
   */
  public record Crops(String name, String original, String sheet) {}

  /**
   * How training went, a value for each logged step.
   *
   * @param chance the loss of a network that knows nothing: ln K
   * @param prototypes K
   * @param warnings of the run, with their steps
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
   * Images on the plane of the first two principal components; arrays with a place for each.
   *
   * @param of how many these are a sample
   * @param explained share of the variance along each axis
   * @param label number of the class, or -1
   * @param confidence probability of the cluster
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
   * @param labels how many images of each class, by its number, the most frequent first
   * @param typical images whose probability is highest; their {@code value} is it
   * @param doubtful images whose probability is lowest
   */
  public record Cluster(
      int cluster, int size, List<Count> labels, List<Picture> typical, List<Picture> doubtful) {}

  /** How many images a class has. */
  public record Count(int label, int count) {}

  /**
   * Sampled images and what is nearest to them.
   *
   * @param looked images whose neighbours were looked at
   * @param right share of these whose nearest neighbour has their label, or null without labels
   */
  public record Neighbours(int looked, @Nullable Double right, List<Query> queries) {}

  /**
   * An image and its neighbours.
   *
   * @param right whether the nearest has its label; null where one has none
   * @param nearest with their cosine as {@code value}
   */
  public record Query(Picture image, @Nullable Boolean right, List<Picture> nearest) {}

  /**
   * The features of all images.
   *
   * @param mean of all values
   * @param zeros share of values that are 0
   * @param constant dimensions that do not vary
   * @param edges of the histogram's bins, one more than there are bins
   * @param counts of sampled values; what is beyond the last edge is in the last bin
   * @param order dimensions by falling variance; the arrays below are in this order
   * @param correlated the dimensions of the correlation matrix, those of the largest variance
   * @param meanCorrelation mean absolute correlation of two different dimensions, over all
   * @param explained share of variance along each principal component
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
