package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Zip archives, which are listed by their central directory. The position of an entry is its index
 * there. The local header of an entry is read together with its bytes.
 */
public final class ZipFormat implements ArchiveFormat {
  private static final String ENCRYPTED = "the zip entry is encrypted";
  private static final int LOCAL_HEADER = 30;
  private static final int LOCAL_MAGIC = 0x04034B50;
  private static final int BUFFER = 64 * 1024;
  private static final int MAX_LINK_LENGTH = 4096;
  private static final Charset OLD_NAMES = Charset.forName("IBM437");

  @Override
  public int order() {
    return 40;
  }

  @Override
  public Role role(String name) {
    return name.endsWith(".zip") ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of(FileSignature.ZIP);
  }

  @Override
  public boolean needsSeeking() {
    return true;
  }

  @Override
  public boolean hasIndependentEntries() {
    return true;
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    return new Directory(open(bytes.channel()));
  }

  private static final class Directory implements Members {
    private final ZipFile zip;
    private final Enumeration<ZipArchiveEntry> entries;
    private long number = -1;

    Directory(ZipFile zip) {
      this.zip = zip;
      entries = zip.getEntries();
    }

    @Override
    public boolean mayHold(Predicate<String> name) {
      Enumeration<ZipArchiveEntry> all = zip.getEntries();
      while (all.hasMoreElements()) {
        if (name.test(name(all.nextElement()))) {
          return true;
        }
      }
      return false;
    }

    @Override
    public @Nullable Member next() {
      while (entries.hasMoreElements()) {
        number++;
        ZipArchiveEntry entry = entries.nextElement();
        String name = name(entry);
        if (!entry.isDirectory() && !name.endsWith("/")) {
          return member(entry, name);
        }
      }
      return null;
    }

    private Member member(ZipArchiveEntry entry, String name) {
      Packing packing = packing(entry);
      if (entry.getGeneralPurposeBit().usesEncryption()) {
        return new Member.Unusable(name, ENCRYPTED);
      } else if (packing == null) {
        ZipMethod method = ZipMethod.getMethodByCode(entry.getMethod());
        return new Member.Unusable(
            name,
            "it is packed with zip's method %d (%s), which is not read"
                .formatted(entry.getMethod(), method == null ? "unknown" : method));
      } else if (entry.isUnixSymlink()) {
        return link(entry, name);
      }
      return new Member.File(
          number,
          name,
          entry.getLocalHeaderOffset(),
          entry.getCompressedSize(),
          packing,
          entry.getSize(),
          entry.getCrc(),
          null,
          () -> new ChecksumStream(new DamageStream(zip.getInputStream(entry)), entry.getCrc()));
    }

    private Member link(ZipArchiveEntry entry, String name) {
      try (InputStream in = new DamageStream(zip.getInputStream(entry))) {
        byte[] target = in.readNBytes(MAX_LINK_LENGTH);
        return Member.Link.symbolic(number, name, TarFormat.decode(target, 0, target.length));
      } catch (IOException e) {
        return new Member.Unusable(name, "it is a link, and damaged");
      }
    }

    @Override
    public void close() throws IOException {
      zip.close();
    }
  }

  @Override
  public void checksums(Location file, LongConsumer checksum) throws IOException {
    try (SeekableByteChannel channel = Stores.open(file);
        ZipFile zip = open(channel)) {
      Enumeration<ZipArchiveEntry> entries = zip.getEntries();
      while (entries.hasMoreElements()) {
        checksum.accept(entries.nextElement().getCrc());
      }
    } catch (ArchiveException e) {
      // Listing the entries reports the error.
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
      boolean begins = Stores.readFully(channel, head) && head.getInt(0) == LOCAL_MAGIC;
      throw new ArchiveException(
          begins
              ? "the zip is cut off or damaged: its directory, which stands at its end, is missing"
              : "it is not a zip, or its directory is damaged",
          e);
    }
  }

  /** Returns the packing of an entry, or null if it is not supported. */
  private static @Nullable Packing packing(ZipArchiveEntry entry) {
    return switch (entry.getMethod()) {
      case ZipArchiveEntry.STORED -> Packing.ZIP_STORED;
      case ZipArchiveEntry.DEFLATED -> Packing.ZIP_DEFLATED;
      default -> null;
    };
  }

  /**
   * Returns the name of an entry. Names without the flag for UTF-8 are usually UTF-8 all the same,
   * but IBM 437 in old archives. Some programs write backslashes.
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

  @Override
  public Set<Packing> packings() {
    return EnumSet.complementOf(EnumSet.of(Packing.STORED));
  }

  @Override
  public InputStream packed(SeekableByteChannel channel, Packed entry) throws IOException {
    if (entry.packing() == Packing.DEFLATED) {
      return ArchiveFormat.super.packed(channel, entry);
    }
    ByteBuffer header = ByteBuffer.allocate(LOCAL_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    channel.position(entry.offset());
    if (!Stores.readFully(channel, header) || header.getInt(0) != LOCAL_MAGIC) {
      throw new ArchiveException("the zip's directory is damaged: no entry begins where it says");
    }
    if ((header.getShort(6) & 1) != 0) {
      throw new ArchiveException(ENCRYPTED);
    }
    int nameLength = Short.toUnsignedInt(header.getShort(26));
    int extraLength = Short.toUnsignedInt(header.getShort(28));
    long begin = entry.offset() + LOCAL_HEADER + nameLength + extraLength;
    if (entry.length() < 0 || entry.length() > channel.size() - begin) {
      throw new ArchiveException("the zip entry is cut off");
    }
    return Channels.newInputStream(new SlicedChannel(channel, begin, entry.length()));
  }

  @Override
  public InputStream unpacked(InputStream packed, Packing packing, long crc32) {
    return unpacked(packed, packing, crc32, BUFFER);
  }

  private static InputStream unpacked(
      InputStream packed, Packing packing, long crc32, int bufferSize) {
    if (packing == Packing.ZIP_STORED) {
      return new ChecksumStream(packed, crc32);
    }
    Inflater inflater = new Inflater(true);
    InputStream inflated =
        new InflaterInputStream(packed, inflater, bufferSize) {
          @Override
          public void close() throws IOException {
            inflater.end();
            super.close();
          }
        };
    return new ChecksumStream(inflated, crc32);
  }

  @Override
  public byte[] unpack(byte[] packed, ImageRef ref, ImageLimits limits)
      throws IOException, UndecodableImageException {
    int bufferSize = Math.max(1, Math.min(packed.length, BUFFER));
    try (InputStream in =
        unpacked(new ByteArrayInputStream(packed), ref.packing(), ref.crc32(), bufferSize)) {
      byte[] bytes = in.readNBytes((int) limits.maxBytes() + 1);
      limits.checkBytes(bytes.length);
      return bytes;
    } catch (ZipException | EOFException e) {
      throw new ArchiveException("the zip entry is damaged", e);
    }
  }
}
