package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A format of files that contain images. Its class recognises files, lists their entries, and reads
 * an entry again. {@link Formats} finds the classes with Java's {@link java.util.ServiceLoader}. A
 * new format needs one class and a line in {@code META-INF/services}.
 *
 * <p>Implementations have no state and are thread-safe.
 */
public interface ArchiveFormat {
  /** The role of a file in a format, by its name. */
  enum Role {
    /** The file has no role. */
    NONE,
    /** The file is an archive of this format. */
    ARCHIVE,
    /** The file belongs to an archive of this format in the same folder. */
    COMPANION
  }

  /** Opens the companion files of an archive. */
  @FunctionalInterface
  interface Companions {
    /** An archive without companion files. */
    Companions NONE = name -> null;

    /**
     * Opens a file.
     *
     * @param name the name of the file without folders
     * @return its bytes, to be closed by the caller; null if there is no such file
     */
    @Nullable InputStream open(String name) throws IOException;
  }

  /**
   * A part of an archive that can be read by itself.
   *
   * @param firstRow the position of its first entry
   * @param offset the offset of its first byte in the archive
   * @param length the number of bytes
   */
  record Part(long firstRow, long offset, long length) {
    /** The whole archive. */
    public static final Part ALL = new Part(0, 0, Long.MAX_VALUE);
  }

  /**
   * The context in which an archive is opened.
   *
   * @param name the name of the archive
   * @param shown the name to use for entries without names: that of the archive, or of the file
   *     that wraps it
   * @param fields the fields of samples that are read
   * @param part the part to read
   * @param companions the companion files of the archive
   */
  record Opening(
      String name, String shown, SampleFields fields, Part part, Companions companions) {}

  /**
   * The packed bytes of an entry.
   *
   * @param offset the offset of the first byte, or of the header before it
   * @param length the number of bytes
   * @param crc32 the CRC-32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
   */
  record Packed(Packing packing, long offset, long length, long crc32) {
    /** Returns the packed bytes of an image. */
    public static Packed of(ImageRef ref) {
      return new Packed(ref.packing(), ref.offset(), ref.length(), ref.crc32());
    }

    /** Returns the packed bytes of an archive. */
    public static Packed of(ArchiveRef ref) {
      return new Packed(ref.packing(), ref.offset(), ref.length(), ref.crc32());
    }
  }

  /**
   * Returns the order of this format. Formats with smaller numbers are asked first about a name.
   */
  int order();

  /**
   * Returns the role of a file by its name.
   *
   * @param name the name without folders, in lower case
   */
  Role role(String name);

  /** Returns the signatures of such archives; empty if the format has no signature. */
  List<FileSignature> signatures();

  /** Returns whether an entry can be read by its offset, without the entries before it. */
  default boolean isReadByOffset() {
    return true;
  }

  /** Returns whether the format needs seekable bytes. */
  default boolean needsSeeking() {
    return false;
  }

  /** Returns whether the entries after a damaged entry can be read. */
  default boolean hasIndependentEntries() {
    return false;
  }

  /**
   * Returns whether an archive of this format only packs a single file. Entries of that file count
   * as entries of the archive.
   */
  default boolean isWrapper() {
    return false;
  }

  /** Returns whether {@link #parts} may return several parts, each large enough for a worker. */
  default boolean isInParts() {
    return false;
  }

  /** Returns the name of the archive without the extension of this format. */
  default String nameInside(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /** Returns the names of the companion files that {@link #open} opens, without folders. */
  default List<String> companions(String name) {
    return List.of();
  }

  /**
   * Returns the parts of an archive. They depend only on its bytes.
   *
   * @throws IOException in one line, if the file is not such an archive
   */
  default List<Part> parts(ArchiveBytes bytes, SampleFields fields) throws IOException {
    return List.of(Part.ALL);
  }

  /**
   * Opens an archive to list its members.
   *
   * @param bytes the bytes, seekable if the format needs it; not closed
   * @throws IOException in one line, if the file is not such an archive
   */
  Members open(ArchiveBytes bytes, Opening opening) throws IOException;

  /**
   * Returns the packings that this format reads; {@link Packing#STORED} is read without a format.
   */
  default Set<Packing> packings() {
    return Set.of();
  }

  /**
   * Opens the packed bytes of an entry.
   *
   * @param channel the file
   * @throws ArchiveException if the file does not contain them
   */
  default InputStream packed(SeekableByteChannel channel, Packed entry) throws IOException {
    return Formats.stored(channel, entry);
  }

  /**
   * Unpacks a stream of {@link #packed}.
   *
   * @param crc32 the CRC-32 of the unpacked bytes, which is checked at their end, or {@link
   *     ImageRef#UNKNOWN}
   */
  default InputStream unpacked(InputStream packed, Packing packing, long crc32) {
    return packed;
  }

  /**
   * Unpacks the bytes of an entry and checks them.
   *
   * @throws ArchiveException if they are damaged
   * @throws UndecodableImageException if there are more than the limits allow
   */
  default byte[] unpack(byte[] packed, ImageRef ref, ImageLimits limits)
      throws IOException, UndecodableImageException {
    return packed;
  }

  /**
   * Returns the length of an archive without the padding at its end, which later entries overwrite.
   *
   * @param length the length of the file
   */
  default long usedLength(Location file, long length) throws IOException {
    return length;
  }

  /** Calls a consumer with the checksums of all entries, if the archive has them in one place. */
  default void checksums(Location file, LongConsumer checksum) throws IOException {}
}
