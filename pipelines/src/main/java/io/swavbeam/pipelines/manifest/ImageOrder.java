package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.crops.StatelessRandom;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which image stands at which position of a training run: each epoch is a permutation of all
 * images, a function of the seed and the epoch. Safe for use by several threads at once.
 */
public final class ImageOrder {
  // Around the turn of an epoch, batch shards of both are made.
  private static final int CACHED_EPOCHS = 2;

  private final long seed;
  private final int images;
  private final Map<Long, int[]> permutations =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, int[]> eldest) {
          return size() > CACHED_EPOCHS;
        }
      };

  public ImageOrder(long seed, int images) {
    this.seed = seed;
    this.images = images;
  }

  /**
   * The image at a position.
   *
   * @param position in the run, from 0
   * @param substitute 0 for the image itself, 1 for the one that stands in for it, and so on: the
   *     next ones of the same epoch
   */
  public int imageAt(long position, int substitute) {
    int[] permutation = permutation(position / images);
    return permutation[(int) ((position % images + substitute) % images)];
  }

  private synchronized int[] permutation(long epoch) {
    return permutations.computeIfAbsent(
        epoch, e -> StatelessRandom.of(seed, e).permutation(images));
  }
}
