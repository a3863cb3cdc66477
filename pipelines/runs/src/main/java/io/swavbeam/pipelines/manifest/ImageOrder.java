package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.crops.StatelessRandom;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The order of the images of a training run. Each epoch is a permutation of all images, which is a
 * function of the seed and the epoch. Thread-safe.
 */
public sealed interface ImageOrder {
  /** Returns the order of a run. */
  static ImageOrder of(Shuffle shuffle, long seed, long images) {
    return switch (shuffle) {
      case FEISTEL -> new Feistel(seed, images);
      case FISHER_YATES -> new FisherYates(seed, Math.toIntExact(images));
    };
  }

  /** Returns the number of images. */
  long images();

  /**
   * Returns the image at a position of an epoch.
   *
   * @param place the position, from 0 to images - 1
   */
  long imageAt(long epoch, long place);

  /**
   * Returns the image at a position of the run.
   *
   * @param position the position in the run, from 0
   * @param substitute 0 for the image itself; n for the n-th image that follows it in the same
   *     epoch, which replaces an unreadable image
   */
  default long imageOf(long position, long substitute) {
    return imageAt(position / images(), (position % images() + substitute) % images());
  }

  /** A permutation that needs no memory, see {@link FeistelPermutation}. */
  record Feistel(long seed, long images) implements ImageOrder {
    @Override
    public long imageAt(long epoch, long place) {
      return FeistelPermutation.of(images, seed, epoch).apply(place);
    }
  }

  /** A shuffled array for each epoch: the order of runs that were begun with version 0.1. */
  final class FisherYates implements ImageOrder {
    // Batch shards of two epochs are computed around the end of an epoch.
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

    private FisherYates(long seed, int images) {
      this.seed = seed;
      this.images = images;
    }

    @Override
    public long images() {
      return images;
    }

    @Override
    public long imageAt(long epoch, long place) {
      return permutation(epoch)[(int) place];
    }

    private synchronized int[] permutation(long epoch) {
      return permutations.computeIfAbsent(
          epoch, e -> StatelessRandom.of(seed, e).permutation(images));
    }
  }
}
