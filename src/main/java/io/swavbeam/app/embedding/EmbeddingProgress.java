package io.swavbeam.app.embedding;

import io.swavbeam.app.command.TimeLeft;

/**
 * How far an embedding is.
 *
 * @param embedded images so far
 * @param done images so far, with those that cannot be read and those of an earlier run
 * @param listed images that were found so far; less than what is done where archives are read that
 *     nobody can look into before
 * @param seconds since it was begun
 */
record EmbeddingProgress(long embedded, long done, long listed, double seconds) {
  /** Images that were embedded in a second. */
  double rate() {
    return embedded / seconds;
  }

  /** {@code 12,000 of 48,000 images (25 %), 600 images/s, 1:00 left}. */
  @Override
  public String toString() {
    if (listed <= done) {
      return "%,d images, %.0f images/s".formatted(embedded, rate());
    }
    return "%,d of %,d images (%.0f %%), %.0f images/s, %s"
        .formatted(
            done, listed, 100.0 * done / listed, rate(), TimeLeft.of((listed - done) / rate()));
  }
}
