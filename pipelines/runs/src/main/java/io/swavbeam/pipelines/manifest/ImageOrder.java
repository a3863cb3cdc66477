package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.crops.StatelessRandom;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which image stands at which position of a training run: each epoch is a permutation of all
 * images, a function of the seed and the epoch. Safe for use by several threads at once.
 */
public sealed interface ImageOrder {
  /** The order of a run. */
  static ImageOrder of(Shuffle shuffle, long seed, long images) {
    return switch (shuffle) {
      case FEISTEL -> new Feistel(seed, images);
      case FISHER_YATES -> new FisherYates(seed, Math.toIntExact(images));
    };
  }

  /** How many images there are. */
  long images();

  /**
   * The image at a place of an epoch.
   *
   * @param place from 0 to images - 1
   */
  long imageAt(long epoch, long place);

  /**
   * The image at a position.
   *
   * @param position in the run, from 0
   * @param substitute 0 for the image itself, 1 for the one that stands in for it, and so on: the
   *     next ones of the same epoch
   */
  default long imageOf(long position, long substitute) {
    return imageAt(position / images(), (position % images() + substitute) % images());
  }

  /** A network that needs no memory, as {@link FeistelPermutation} describes it. */
  record Feistel(long seed, long images) implements ImageOrder {
    @Override
    public long imageAt(long epoch, long place) {
      return FeistelPermutation.of(images, seed, epoch).apply(place);
    }
  }

  /** An array for each epoch: the order of runs that were begun with version 0.1. */
  final class FisherYates implements ImageOrder {
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
