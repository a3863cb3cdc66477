package io.swavbeam.app.images;

import io.swavbeam.pipelines.embedding.Embedding;

/**
 * The key of an image.
 *
 * @param source the file or archive that contains it
 * @param position the position in the source; -1 in embeddings of versions without positions, which
 *     are identified by name
 * @param name the name of the image
 */
public record ImageKey(String source, long position, String name) {
  /** Returns the key of the image of an embedding. */
  public static ImageKey of(Embedding row) {
    return new ImageKey(row.source(), row.position(), row.name());
  }

  /** Returns the key without the name, if it has a position. */
  ImageKey exact() {
    return position < 0 ? this : new ImageKey(source, position, "");
  }

  /** Returns the file that contains the image, also for archives in archives. */
  public String file() {
    int inner = source.indexOf("!/");
    return inner < 0 ? source : source.substring(0, inner);
  }
}
