package io.swavbeam.model.inference;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the network says of one image.
 *
 * @param features of the backbone
 * @param projection of unit length; null if the network has no projection head
 * @param cluster the best prototype, from 0; null if the network has none
 * @param clusterProbability softmax of scores / temperature at that prototype; null likewise
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ImageEmbedding(
    float[] features,
    float @Nullable [] projection,
    @Nullable Integer cluster,
    @Nullable Float clusterProbability) {
  /** Whether all numbers are finite: weights of a training that has diverged give others. */
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
