package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.crops.StatelessRandom;

/**
 * A permutation of 0 .. size - 1 that is a function of a key and needs no memory: a balanced
 * Feistel network (Luby and Rackoff 1988) over the next larger power of four. It is applied
 * repeatedly until the result is below the size ("cycle walking", Black and Rogaway 2002), at most
 * 4 times on average.
 *
 * @param size the size, from 1 to 2 to the 60
 * @param halfBits the number of bits of each half
 * @param keys one key per round
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FeistelPermutation(long size, int halfBits, long[] keys) {
  /**
   * The number of rounds in format-preserving encryption (NIST SP 800-38G, FF1), also for small
   * domains.
   */
  private static final int ROUNDS = 10;

  private static final int MAX_BITS = 60;

  // The finalizer of SplitMix64 (Steele, Lea and Flood 2014), as in java.util.SplittableRandom.
  private static final long MIX_1 = 0xbf58476d1ce4e5b9L;
  private static final long MIX_2 = 0x94d049bb133111ebL;

  /** Returns the permutation of a key. */
  static FeistelPermutation of(long size, long... key) {
    if (size < 1 || size > 1L << MAX_BITS) {
      throw new IllegalArgumentException("no permutation of %d numbers".formatted(size));
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    StatelessRandom random = StatelessRandom.of(key);
    long[] keys = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      keys[i] = random.bits();
    }
    return new FeistelPermutation(size, Math.max(1, (bits + 1) / 2), keys);
  }

  /** Returns the number at a position. */
  long apply(long place) {
    long number = place;
    do {
      number = encrypt(number);
    } while (number >= size);
    return number;
  }

  private long encrypt(long number) {
    long mask = (1L << halfBits) - 1;
    long left = number >>> halfBits;
    long right = number & mask;
    for (long key : keys) {
      long next = left ^ (mix(right + key) & mask);
      left = right;
      right = next;
    }
    return (left << halfBits) | right;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * MIX_1;
    mixed = (mixed ^ (mixed >>> 27)) * MIX_2;
    return mixed ^ (mixed >>> 31);
  }
}
