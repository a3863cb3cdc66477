package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.crops.StatelessRandom;

/**
 * A permutation of 0 .. size - 1 that is a function of a key and takes no memory: a balanced
 * Feistel network (Luby and Rackoff 1988) over the next larger power of four, walked along until
 * the number is below the size (Black and Rogaway 2002, "cycle walking"): 4 walks on average at
 * most.
 *
 * @param size from 1 to 2 to the 60
 * @param halfBits bits of each half
 * @param keys one for each round
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FeistelPermutation(long size, int halfBits, long[] keys) {
  /** As many as format-preserving encryption has (NIST SP 800-38G, FF1), also of small domains. */
  private static final int ROUNDS = 10;

  private static final int MAX_BITS = 60;

  // The finalizer of SplitMix64 (Steele, Lea and Flood 2014), as java.util.SplittableRandom has it.
  private static final long MIX_1 = 0xbf58476d1ce4e5b9L;
  private static final long MIX_2 = 0x94d049bb133111ebL;

  /** The permutation that belongs to a key. */
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

  /** The number at a place. */
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
