package io.swavbeam.app.embedding;

import io.swavbeam.app.command.TimeLeft;

/**
 * The progress of an embedding.
 *
 * @param embedded the number of embedded images
 * @param done the number of finished images, including unreadable ones and those of an earlier run
 * @param listed the number of images found so far; less than {@code done} if there are archives
 *     that are read from their beginning
 * @param seconds the time since the start
 */
record EmbeddingProgress(long embedded, long done, long listed, double seconds) {
  /** Returns the number of embedded images per second. */
  double rate() {
    return embedded / seconds;
  }

  /** Returns a line such as {@code 12,000 of 48,000 images (25 %), 600 images/s, 1:00 left}. */
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
