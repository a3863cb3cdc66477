package io.swavbeam.model.crops;

import java.util.SplittableRandom;

/**
 * Random numbers that are a function of a key: the same on every machine, in every thread, however
 * often and in whatever order they are asked for.
 *
 * <p>Only {@link SplittableRandom#nextLong()} is used, the SplitMix64 generator, so that no numbers
 * change with the way the JDK derives others from it.
 */
public final class StatelessRandom {
  private static final double UNIT = 0x1.0p-53;

  private final SplittableRandom bits;

  private StatelessRandom(long seed) {
    bits = new SplittableRandom(seed);
  }

  /** The numbers that belong to a key. */
  public static StatelessRandom of(long... key) {
    long state = 0;
    for (long part : key) {
      state = new SplittableRandom(state + part).nextLong();
    }
    return new StatelessRandom(state);
  }

  /** 64 random bits. */
  public long bits() {
    return bits.nextLong();
  }

  /** Uniform in [0, 1). */
  public double uniform() {
    return (bits.nextLong() >>> 11) * UNIT;
  }

  /** Uniform in [low, high). */
  public double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** True with the given probability. */
  public boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Uniform in 0 .. bound - 1. */
  public int below(int bound) {
    return (int) (uniform() * bound);
  }

  /** Puts the numbers 0 .. length - 1 in random order (Fisher and Yates). */
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
