package io.swavbeam.model.crops;

import java.util.SplittableRandom;

/**
 * Random numbers that are a function of a key. They are the same on every machine and in every
 * thread.
 *
 * <p>Only {@link SplittableRandom#nextLong()} is used, the SplitMix64 generator. All other numbers
 * are derived here, so they do not depend on the version of the JDK.
 */
public final class StatelessRandom {
  private static final double UNIT = 0x1.0p-53;

  private final SplittableRandom bits;

  private StatelessRandom(long seed) {
    bits = new SplittableRandom(seed);
  }

  /** Creates the sequence of random numbers of a key. */
  public static StatelessRandom of(long... key) {
    long state = 0;
    for (long part : key) {
      state = new SplittableRandom(state + part).nextLong();
    }
    return new StatelessRandom(state);
  }

  /** Returns 64 random bits. */
  public long bits() {
    return bits.nextLong();
  }

  /** Returns a number that is uniform in [0, 1). */
  public double uniform() {
    return (bits.nextLong() >>> 11) * UNIT;
  }

  /** Returns a number that is uniform in [low, high). */
  public double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** Returns true with the given probability. */
  public boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Returns an integer that is uniform in [0, bound). */
  public int below(int bound) {
    return (int) (uniform() * bound);
  }

  /** Returns the numbers 0 to length - 1 in random order (Fisher-Yates shuffle). */
  public int[] permutation(int length) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
