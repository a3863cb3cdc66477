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
 * A format of files that hold images. Everything that depends on a format is in its class: how its
 * files are recognised, how they are walked, and how one entry is read again. {@link Formats} finds
 * the classes with Java's {@link java.util.ServiceLoader}, so that one more format is one more
 * class and its line in {@code META-INF/services}.
 *
 * <p>Implementations have no state and are safe for use by several threads.
 */
public interface ArchiveFormat {
  /** The role of a file in a format, by its name. */
  enum Role {
    /** Nothing. */
    NONE,
    /** An archive of this format. */
    ARCHIVE,
    /** A file that belongs to an archive of this format beside it. */
    COMPANION
  }

  /** Finds a file that lies beside an archive. */
  @FunctionalInterface
  interface Companions {
    /** No file lies beside the archive. */
    Companions NONE = name -> null;

    /**
     * Opens a file, to be closed by the caller.
     *
     * @param name of the file, without folders
     * @return its bytes, or null if there is no such file
     */
    @Nullable InputStream open(String name) throws IOException;
  }

  /**
   * A part of an archive that is read by itself.
   *
   * @param firstRow the position of its first entry
   * @param offset of its first byte in the archive
   * @param length in bytes
   */
  record Part(long firstRow, long offset, long length) {
    /** The whole archive. */
    public static final Part ALL = new Part(0, 0, Long.MAX_VALUE);
  }

  /**
   * What is known when an archive is opened.
   *
   * @param name of the archive
   * @param shown what its entries are called by if they have no names: the name of the archive, or
   *     of the file that wraps it
   * @param fields of samples that are taken
   * @param part that is to be read
   * @param companions the files beside the archive
   */
  record Opening(
      String name, String shown, SampleFields fields, Part part, Companions companions) {}

  /**
   * The bytes of an entry in a file.
   *
   * @param offset of its first byte, or of what stands before it in its format
   * @param length in bytes
   * @param crc32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
   */
  record Packed(Packing packing, long offset, long length, long crc32) {
    /** The bytes of an image. */
    public static Packed of(ImageRef ref) {
      return new Packed(ref.packing(), ref.offset(), ref.length(), ref.crc32());
    }

    /** The bytes of an archive. */
    public static Packed of(ArchiveRef ref) {
      return new Packed(ref.packing(), ref.offset(), ref.length(), ref.crc32());
    }
  }

  /** The place of this format among all: formats with smaller numbers recognise a name first. */
  int order();

  /**
   * What a file is, by its name.
   *
   * @param name without folders, in small letters
   */
  Role role(String name);

  /** The signatures of such archives; none if their bytes do not tell. */
  List<FileSignature> signatures();

  /** Whether an entry can be read again by its offset, without those before it. */
  default boolean isReadByOffset() {
    return true;
  }

  /** Whether walking needs bytes that can be read in any order. */
  default boolean needsSeeking() {
    return false;
  }

  /** Whether damage of one entry leaves those behind it readable. */
  default boolean hasIndependentEntries() {
    return false;
  }

  /**
   * Whether an archive holds one file and is no more than its packing. What is in that file counts
   * as being in the archive.
   */
  default boolean isWrapper() {
    return false;
  }

  /** Whether {@link #parts} may be several, each large enough to be worked on by itself. */
  default boolean isInParts() {
    return false;
  }

  /** The name of the archive without the ending of this format. */
  default String nameInside(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /** The names of the files that {@link #open} asks for, without folders. */
  default List<String> companions(String name) {
    return List.of();
  }

  /**
   * The parts of an archive, which depend on its bytes alone.
   *
   * @throws IOException in one line, if it is no such archive
   */
  default List<Part> parts(ArchiveBytes bytes, SampleFields fields) throws IOException {
    return List.of(Part.ALL);
  }

  /**
   * Begins to walk an archive.
   *
   * @param bytes of the archive, seekable if the format needs it; not closed
   * @throws IOException in one line, if it is no such archive
   */
  Members open(ArchiveBytes bytes, Opening opening) throws IOException;

  /** The ways of packing entries that this format reads; {@link Packing#STORED} needs no format. */
  default Set<Packing> packings() {
    return Set.of();
  }

  /**
   * Opens the bytes of an entry as they are packed.
   *
   * @param channel the file
   * @throws ArchiveException if the file does not hold them
   */
  default InputStream packed(SeekableByteChannel channel, Packed entry) throws IOException {
    return Formats.stored(channel, entry);
  }

  /**
   * Opens what {@link #packed} gives, unpacked.
   *
   * @param crc32 of the unpacked bytes, which is checked at their end, or {@link ImageRef#UNKNOWN}
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
   * The length of an archive without room at its end that is there for more entries.
   *
   * @param length of the file
   */
  default long usedLength(Location file, long length) throws IOException {
    return length;
  }

  /** Tells the checksums that the archive keeps of all its entries, if it does. */
  default void checksums(Location file, LongConsumer checksum) throws IOException {}
}
