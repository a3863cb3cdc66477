package io.swavbeam.model.inference;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The outputs of a network for one image.
 *
 * @param features features of the backbone
 * @param projection projection of unit length; null if the network has no projection head
 * @param cluster number of the nearest prototype, from 0; null if the network has none
 * @param clusterProbability softmax of scores / temperature at that prototype; null if there are no
 *     prototypes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ImageEmbedding(
    float[] features,
    float @Nullable [] projection,
    @Nullable Integer cluster,
    @Nullable Float clusterProbability) {
  /** Returns whether all numbers are finite, which they are not after diverged training. */
  public boolean isFinite() {
    return isFinite(features) && (projection == null || isFinite(projection));
  }

  private static boolean isFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }
}
