package io.swavbeam.app.images;

import io.swavbeam.pipelines.embedding.Embedding;

/**
 * What an image is told from others by.
 *
 * @param source what it is an entry of
 * @param position of the entry there, or -1 in embeddings of versions that noted none; then the
 *     name has to do
 * @param name what it is called
 */
public record ImageKey(String source, long position, String name) {
  /** The key of an embedding's image. */
  public static ImageKey of(Embedding row) {
    return new ImageKey(row.source(), row.position(), row.name());
  }

  /** The key without its name, where it can do without. */
  ImageKey exact() {
    return position < 0 ? this : new ImageKey(source, position, "");
  }

  /**
   * The file of this machine, or of a bucket, that holds the image: archives may lie in archives.
   */
  public String file() {
    int inner = source.indexOf("!/");
    return inner < 0 ? source : source.substring(0, inner);
  }
}
