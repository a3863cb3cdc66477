package io.swavbeam.app.search;

import io.swavbeam.app.images.ImageKey;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An image that was found.
 *
 * @param similarity cosine of the features, in [-1, 1]
 * @param source URI of the file that holds it
 * @param position of the image in its source, or -1 where the embeddings do not note it
 * @param name path inside the archive, or of the file
 * @param label class of the image, or null
 */
public record Neighbour(
    double similarity, String source, long position, String name, @Nullable String label) {
  /** Returns the key that identifies the image. */
  ImageKey key() {
    return new ImageKey(source, position, name);
  }
}
