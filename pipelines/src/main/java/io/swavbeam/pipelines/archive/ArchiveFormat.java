package io.swavbeam.pipelines.archive;

import java.io.IOException;
import java.io.InputStream;

/**
 * One way to keep images in a file. It works on plain streams, so that the same code lists a file
 * for random access and reads a compressed one from its beginning.
 */
interface ArchiveFormat {
  /** Hears of the images of a file. */
  interface Visitor {
    /**
     * Called for each image, in order.
     *
     * @param ref its place and name
     * @param bytes its bytes, packed, only until this returns; need not be read
     */
    void image(ImageRef ref, InputStream bytes) throws IOException;

    /** Called for each entry that is no image. */
    void ignored(String name);
  }

  /**
   * Visits the images of a file.
   *
   * @param uri of the file, for the references
   * @param in the file from its beginning; skipping is cheap
   * @throws IOException where the file ends too early or is damaged; what was visited is good
   */
  void visit(String uri, InputStream in, Labels labels, Visitor visitor) throws IOException;

  /** Labels that stand in another file, by number of the image. */
  interface Labels {
    Labels NONE = index -> null;

    String of(long index);
  }
}
