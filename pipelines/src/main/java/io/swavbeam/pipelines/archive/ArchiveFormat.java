package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import java.io.IOException;
import java.io.InputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * One way to keep entries in a file. It works on plain streams, so that the same code lists a file
 * for random access and reads a compressed one from its beginning.
 */
interface ArchiveFormat {
  /**
   * An entry that has bytes.
   *
   * @param position of the entry in its archive, unique there
   * @param offset of its first byte in the stream
   * @param length in bytes
   * @param name path inside the archive
   * @param image what the archive says of it: its encoding and its label, where all its entries are
   *     images; else null
   */
  record Entry(long position, long offset, long length, String name, @Nullable Image image) {}

  /**
   * An image of an archive that holds nothing else.
   *
   * @param label or null
   */
  record Image(ImageEncoding encoding, @Nullable String label) {}

  /** Gets the entries of a file. */
  interface Visitor {
    /**
     * Called for each entry, in order.
     *
     * @param bytes its bytes, only until this returns; need not be read
     */
    void entry(Entry entry, InputStream bytes) throws IOException;

    /**
     * Called for each link.
     *
     * @param position of the link
     * @param target the name of what it leads to, in the archive
     */
    default void link(long position, String name, String target) {
      unusable(name, "it is a link to " + target);
    }

    /** Called for each entry that cannot be used. */
    void unusable(String name, String why);
  }

  /**
   * Visits the entries of a file.
   *
   * @param file name of the file
   * @param in the file from its beginning; skipping is cheap
   * @throws IOException if the file ends too early or is damaged; what was visited is good
   */
  void visit(String file, InputStream in, Visitor visitor) throws IOException;

  /** Labels that stand in another file, by number of the image. */
  interface Labels {
    Labels NONE = index -> null;

    @Nullable String of(long index);
  }
}
