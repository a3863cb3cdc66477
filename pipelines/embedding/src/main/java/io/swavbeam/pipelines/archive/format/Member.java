package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import java.io.IOException;
import java.io.InputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A member of an archive: a file, a link to one, or something that cannot be used. */
public sealed interface Member {
  /** The path inside the archive. */
  String name();

  /**
   * A member that has bytes.
   *
   * @param position unique in its archive
   * @param offset of its first byte in the archive, as it is packed
   * @param length in the archive, in bytes, or {@link ImageRef#UNKNOWN}
   * @param unpackedLength in bytes, or {@link ImageRef#UNKNOWN}
   * @param crc32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
   * @param image what the archive says of it, where all its members are images; else null
   * @param bytes its unpacked bytes, whose end is checked
   */
  record File(
      long position,
      String name,
      long offset,
      long length,
      Packing packing,
      long unpackedLength,
      long crc32,
      @Nullable Image image,
      Bytes bytes)
      implements Member {
    /** A file whose bytes are not packed. */
    public static File stored(
        long position,
        String name,
        long offset,
        long length,
        @Nullable Image image,
        InputStream bytes) {
      return new File(
          position,
          name,
          offset,
          length,
          Packing.STORED,
          length,
          ImageRef.UNKNOWN,
          image,
          () -> bytes);
    }

    /**
     * Reads an image.
     *
     * @param in the bytes of this file, from the beginning
     * @throws ArchiveException if they are cut off or damaged
     * @throws UndecodableImageException if there are none, or more than the limits allow
     */
    public byte[] read(InputStream in, ImageLimits limits)
        throws IOException, UndecodableImageException {
      limits.checkBytes(unpackedLength);
      byte[] read = in.readNBytes((int) limits.maxBytes() + 1);
      limits.checkBytes(read.length);
      if (read.length < unpackedLength) {
        throw new ArchiveException("it is cut off in the middle of " + name);
      }
      if (read.length == 0) {
        throw new UndecodableImageException(ErrorKind.EMPTY, "the file is empty");
      }
      return read;
    }
  }

  /**
   * A link.
   *
   * @param target as it is written
   * @param path where it leads, from the archive's root; one that begins with {@code ..} leads out
   */
  record Link(long position, String name, String target, String path) implements Member {
    /**
     * A symbolic link, whose target is a path from the folder of the link. An absolute path leads
     * out of the archive, unless the link's own name is one.
     */
    static Link symbolic(long position, String name, String target) {
      String path = name.substring(0, name.lastIndexOf('/') + 1) + target;
      if (target.startsWith("/")) {
        path = name.startsWith("/") ? target : "../" + target;
      }
      return new Link(position, name, target, path);
    }
  }

  /**
   * An entry that cannot be used.
   *
   * @param why in one line
   */
  record Unusable(String name, String why) implements Member {}

  /**
   * What an archive says of an image.
   *
   * @param label or null
   */
  record Image(ImageEncoding encoding, @Nullable String label) {}

  /** The bytes of a file. */
  @FunctionalInterface
  interface Bytes {
    /**
     * Opens them from the beginning, if the format's entries are independent; else there is one
     * stream, which is returned each time and need not be closed.
     */
    InputStream open() throws IOException;
  }
}
