package io.swavbeam.app.search;

import io.swavbeam.app.images.ImageKey;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A search result.
 *
 * @param similarity the cosine similarity of the features, in [-1, 1]
 * @param source the URI of the file that contains the image
 * @param position the position of the image in its source, or -1 if the embeddings lack positions
 * @param name the path inside the archive, or the name of the file
 * @param label the class of the image, or null
 */
public record Neighbour(
    double similarity, String source, long position, String name, @Nullable String label) {
  /** Returns the key that identifies the image. */
  ImageKey key() {
    return new ImageKey(source, position, name);
  }
}
