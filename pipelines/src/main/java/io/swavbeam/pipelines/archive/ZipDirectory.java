package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.archive.ImageRef.Packing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.function.LongConsumer;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The central directory of a zip archive, from which alone it is listed. The local header of an
 * entry, behind which its bytes begin, is read with them.
 */
final class ZipDirectory {
  private static final String ENCRYPTED = "the zip entry is encrypted";
  private static final int LOCAL_HEADER = 30;
  private static final int LOCAL_MAGIC = 0x04034B50;
  private static final Charset OLD_NAMES = Charset.forName("IBM437");

  /** Hears of the entries. */
  interface Visitor {
    /**
     * Called for each file.
     *
     * @param number in the directory
     * @param offset of its local header
     * @param first opens its unpacked bytes, from the beginning
     */
    void entry(long number, ZipArchiveEntry entry, String name, long offset, EntryContent first)
        throws IOException;

    /** Called for each entry that cannot be used. */
    void unusable(String name, String why);
  }

  /** Opens the bytes of an entry. */
  interface EntryContent {
    InputStream open() throws IOException;
  }

  private ZipDirectory() {}

  /**
   * Visits the entries in the order of the directory.
   *
   * @throws ArchiveException if there is no directory
   */
  static void visit(SeekableByteChannel channel, Visitor visitor) throws IOException {
    try (ZipFile zip = open(channel)) {
      Enumeration<ZipArchiveEntry> entries = zip.getEntries();
      for (long number = 0; entries.hasMoreElements(); number++) {
        ZipArchiveEntry entry = entries.nextElement();
        String name = name(entry);
        if (entry.isDirectory() || name.endsWith("/")) {
          continue;
        }
        String why = unusable(entry);
        if (why != null) {
          visitor.unusable(name, why);
          continue;
        }
        visitor.entry(
            number, entry, name, entry.getLocalHeaderOffset(), () -> zip.getInputStream(entry));
      }
    }
  }

  /**
   * Tells the CRC-32 of each entry, in the order of the directory.
   *
   * @throws ArchiveException if there is no directory
   */
  static void checksums(SeekableByteChannel channel, LongConsumer checksum) throws IOException {
    try (ZipFile zip = open(channel)) {
      Enumeration<ZipArchiveEntry> entries = zip.getEntries();
      while (entries.hasMoreElements()) {
        checksum.accept(entries.nextElement().getCrc());
      }
    }
  }

  private static ZipFile open(SeekableByteChannel channel) throws IOException {
    try {
      return ZipFile.builder()
          .setSeekableByteChannel(new BufferedChannel(channel))
          .setCharset(OLD_NAMES)
          .setIgnoreLocalFileHeader(true)
          .get();
    } catch (IOException | RuntimeException e) {
      channel.position(0);
      ByteBuffer head = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (head.hasRemaining() && channel.read(head) >= 0) {
        // the channel may hand out less than asked for
      }
      boolean begins = !head.hasRemaining() && head.getInt(0) == LOCAL_MAGIC;
      throw new ArchiveException(
          begins
              ? "the zip is cut off or damaged: its directory, which stands at its end, is missing"
              : "it is no zip, or its directory is damaged",
          e);
    }
  }

  private static @Nullable String unusable(ZipArchiveEntry entry) {
    if (entry.getGeneralPurposeBit().usesEncryption()) {
      return ENCRYPTED;
    }
    if (entry.isUnixSymlink()) {
      return "it is a link";
    }
    if (packing(entry) == null) {
      ZipMethod method = ZipMethod.getMethodByCode(entry.getMethod());
      return "it is packed with zip's method %d (%s), which is not read"
          .formatted(entry.getMethod(), method == null ? "unknown" : method);
    }
    return null;
  }

  /** How an entry is packed, or null where that is not read. */
  static @Nullable Packing packing(ZipArchiveEntry entry) {
    return switch (entry.getMethod()) {
      case ZipArchiveEntry.STORED -> Packing.ZIP_STORED;
      case ZipArchiveEntry.DEFLATED -> Packing.ZIP_DEFLATED;
      default -> null;
    };
  }

  /**
   * An entry's name. Without a mark, zips of today hold UTF-8 all the same, those of other times
   * IBM 437; some programs write the backslashes of their system.
   */
  private static String name(ZipArchiveEntry entry) {
    String name = entry.getName();
    byte[] raw = entry.getRawName();
    if (raw != null && !entry.getGeneralPurposeBit().usesUTF8ForNames()) {
      try {
        name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
      } catch (CharacterCodingException e) {
        name = new String(raw, OLD_NAMES);
      }
    }
    return name.contains("/") ? name : name.replace('\\', '/');
  }

  /**
   * Reads the packed bytes of an entry.
   *
   * @param offset of its local header
   * @param length of the packed bytes
   * @throws ArchiveException if there is none
   */
  static InputStream packed(SeekableByteChannel channel, long offset, long length)
      throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LOCAL_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    channel.position(offset);
    while (header.hasRemaining() && channel.read(header) >= 0) {
      // the channel may hand out less than asked for
    }
    if (header.hasRemaining() || header.getInt(0) != LOCAL_MAGIC) {
      throw new ArchiveException("the zip's directory is damaged: no entry begins where it says");
    }
    if ((header.getShort(6) & 1) != 0) {
      throw new ArchiveException(ENCRYPTED);
    }
    int nameLength = Short.toUnsignedInt(header.getShort(26));
    int extraLength = Short.toUnsignedInt(header.getShort(28));
    long begin = offset + LOCAL_HEADER + nameLength + extraLength;
    if (length < 0 || length > channel.size() - begin) {
      throw new ArchiveException("the zip entry is cut off");
    }
    return Channels.newInputStream(new SlicedChannel(channel, begin, length));
  }
}
