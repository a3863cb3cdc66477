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

/** A member of an archive: a file, a link to a file, or a member that cannot be used. */
public sealed interface Member {
  /** Returns the path inside the archive. */
  String name();

  /**
   * A member with bytes.
   *
   * @param position a number that is unique in the archive
   * @param offset the offset of its first packed byte in the archive
   * @param length the number of packed bytes, or {@link ImageRef#UNKNOWN}
   * @param unpackedLength the number of unpacked bytes, or {@link ImageRef#UNKNOWN}
   * @param crc32 the CRC-32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
   * @param image the properties that the archive has for its images; null if its members may be
   *     other files
   * @param bytes the unpacked bytes, which are checked at their end
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
    /** Creates a file that is not compressed. */
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
   * @param target the target as it is written
   * @param path the target from the root of the archive; it begins with {@code ..} if it leads out
   */
  record Link(long position, String name, String target, String path) implements Member {
    /**
     * Creates a symbolic link, whose target is relative to the folder of the link. An absolute
     * target leads out of the archive, unless the name of the link is absolute, too.
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
   * A member that cannot be used.
   *
   * @param why the reason in one line
   */
  record Unusable(String name, String why) implements Member {}

  /**
   * Properties of an image in an archive.
   *
   * @param label the label, or null
   */
  record Image(ImageEncoding encoding, @Nullable String label) {}

  /** The bytes of a file. */
  @FunctionalInterface
  interface Bytes {
    /**
     * Opens the bytes from the beginning, if the entries of the format are independent. Otherwise
     * returns the same stream each time, which need not be closed.
     */
    InputStream open() throws IOException;
  }
}
