package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.io.input.BoundedInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Tar archives: ustar, headers of GNU and pax, sizes in octal and base 256, and concatenated
 * archives. The position of an entry is the offset of its header.
 *
 * <p>The headers are parsed here. The stream of commons-compress stops at the first end marker,
 * reads beyond it, and has no offsets. Its parsers of numbers and checksums are used.
 */
public final class TarFormat implements ArchiveFormat {
  private static final int BLOCK = 512;
  private static final int NAME_LENGTH = 100;
  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int TYPE = 156;
  private static final int LINK = 157;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;
  private static final int PREFIX_LENGTH = 155;
  private static final int SPARSE_GOES_ON = 482;
  private static final int SPARSE_BLOCK_GOES_ON = 504;
  // The longest path of any system, and a header that contains a few of them.
  private static final int MAX_NAME_LENGTH = 4096;
  private static final int MAX_HEADER_LENGTH = 1 << 20;

  /** The largest padding. GNU tar pads to ten KiB by default. */
  private static final int MAX_PADDING = 1 << 16;

  private static final String BEGINNING = "the beginning";

  @Override
  public int order() {
    return 30;
  }

  @Override
  public Role role(String name) {
    return name.endsWith(".tar") ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of(FileSignature.TAR);
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    return new Walk(bytes.stream());
  }

  /** Returns the length without the zeros at the end. Checks only some of these zeros. */
  @Override
  public long usedLength(Location file, long length) throws IOException {
    int padding = (int) Math.min(length, MAX_PADDING);
    byte[] end;
    try (SeekableByteChannel channel = Stores.open(file)) {
      end =
          Channels.newInputStream(new SlicedChannel(channel, length - padding, padding))
              .readNBytes(padding);
    }
    int used = end.length;
    while (used > 0 && end[used - 1] == 0) {
      used--;
    }
    return length - padding + used;
  }

  private static final class Walk implements Members {
    private final InputStream in;
    private long here;
    private String last = BEGINNING;
    private boolean ended;
    // The bytes of the current file, and their number with the padding of the last block.
    private @Nullable CountedStream bytes;
    private long padded;

    // The properties of the next entry from preceding headers.
    private Map<String, String> pax = new HashMap<>();
    private @Nullable String longName;
    private @Nullable String longLink;

    Walk(InputStream in) {
      this.in = in;
    }

    @Override
    public @Nullable Member next() throws IOException {
      if (bytes != null) {
        here += bytes.taken();
        long rest = padded - bytes.taken();
        bytes = null;
        skip(rest);
      }
      while (true) {
        byte[] header = in.readNBytes(BLOCK);
        long position = here;
        here += header.length;
        if (header.length < BLOCK) {
          if (ended) {
            return null;
          }
          if (header.length == 0 && position == 0) {
            throw new ArchiveException(ErrorKind.EMPTY, "the file is empty", null);
          }
          throw new ArchiveException(
              last.equals(BEGINNING) ? "it is not a tar" : "the tar is cut off after " + last);
        }
        if (isZero(header)) {
          ended = true; // another tar may follow
          continue;
        }
        if (!isHeader(header)) {
          if (ended) {
            return null; // bytes after the end belong to no entry
          }
          throw new ArchiveException(
              last.equals(BEGINNING) ? "it is not a tar" : "the tar is damaged after " + last);
        }
        ended = false;
        Member member = member(header, position);
        if (member != null) {
          return member;
        }
      }
    }

    private static boolean isHeader(byte[] block) {
      try {
        return TarUtils.verifyCheckSum(block);
      } catch (IllegalArgumentException e) {
        return false; // the checksum is not a number
      }
    }

    /** Returns null for a header that describes the next entry, and for a folder. */
    private @Nullable Member member(byte[] header, long position) throws IOException {
      long size = size(header);
      char type = (char) header[TYPE];
      switch (type) {
        case 'x', 'X' -> {
          pax = records(text(size));
          return null;
        }
        case 'L' -> {
          longName = name(text(size));
          return null;
        }
        case 'K' -> {
          longLink = name(text(size));
          return null;
        }
        case 'g', 'V', 'D', 'M', 'N' -> {
          skip(padded(size));
          return null;
        }
        default -> {
          // an entry
        }
      }
      String name = pax.getOrDefault("path", longName == null ? shortName(header) : longName);
      String link =
          pax.getOrDefault(
              "linkpath", longLink == null ? field(header, LINK, NAME_LENGTH) : longLink);
      size = paxSize(size);
      boolean sparse =
          type == 'S' || pax.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."));
      if (pax.containsKey("GNU.sparse.name")) {
        name = pax.get("GNU.sparse.name");
      }
      pax = new HashMap<>();
      longName = null;
      longLink = null;
      Member member = member(header, type, position, size, name, link, sparse);
      if (!(member instanceof Member.File)) {
        // A symbolic link has no bytes, even if its header has a size.
        skip(type == '2' ? 0 : padded(size));
      }
      last = shown(name);
      return member;
    }

    private @Nullable Member member(
        byte[] header,
        char type,
        long position,
        long size,
        String name,
        String link,
        boolean sparse)
        throws IOException {
      if (type == 'S' && header[SPARSE_GOES_ON] != 0) {
        byte[] more;
        do {
          more = in.readNBytes(BLOCK);
          here += more.length;
        } while (more.length == BLOCK && more[SPARSE_BLOCK_GOES_ON] != 0);
      }
      if (name.length() > MAX_NAME_LENGTH) {
        return new Member.Unusable(
            shown(name), "its name has %,d characters".formatted(name.length()));
      } else if (sparse) {
        return new Member.Unusable(name, "it is a sparse file: pack it without holes");
      }
      return switch (type) {
        case '1' -> new Member.Link(position, name, link, link);
        case '2' -> Member.Link.symbolic(position, name, link);
        case '3', '4' -> new Member.Unusable(name, "it is a device");
        case '6' -> new Member.Unusable(name, "it is a named pipe");
        case '5' -> null; // folders are known from their files
        default -> name.endsWith("/") ? null : file(position, name, size);
      };
    }

    private Member file(long position, String name, long size) throws IOException {
      bytes = new CountedStream(in, size);
      padded = padded(size);
      return Member.File.stored(position, name, here, size, null, bytes);
    }

    private long size(byte[] header) throws ArchiveException {
      try {
        return checked(TarUtils.parseOctalOrBinary(header, SIZE, SIZE_LENGTH));
      } catch (IllegalArgumentException e) {
        throw new ArchiveException("the tar is damaged after " + last, e);
      }
    }

    private long paxSize(long size) throws ArchiveException {
      String given = pax.get("size");
      if (given == null) {
        return size;
      }
      try {
        return checked(Long.parseLong(given));
      } catch (NumberFormatException e) {
        throw new ArchiveException("the tar is damaged after " + last, e);
      }
    }

    private long checked(long size) throws ArchiveException {
      if (size < 0 || size > Long.MAX_VALUE - BLOCK) {
        throw new ArchiveException("the tar is damaged after " + last);
      }
      return size;
    }

    private byte[] text(long size) throws IOException {
      if (size > MAX_HEADER_LENGTH) {
        throw new ArchiveException(
            "the tar is damaged after %s: a header of %,d bytes".formatted(last, size));
      }
      byte[] text = in.readNBytes((int) size);
      here += text.length;
      if (text.length < size) {
        throw new ArchiveException("the tar is cut off after " + last);
      }
      skip(padded(size) - size);
      return text;
    }

    private void skip(long count) throws IOException {
      long left = count;
      while (left > 0) {
        long skipped = in.skip(left);
        if (skipped <= 0) {
          if (in.read() < 0) {
            throw new ArchiveException("the tar is cut off after " + last);
          }
          skipped = 1;
        }
        left -= skipped;
        here += skipped;
      }
    }
  }

  /** A part of a stream that counts the bytes read. */
  private static final class CountedStream extends InputStream {
    private final BoundedInputStream in;

    CountedStream(InputStream in, long length) throws IOException {
      this.in =
          BoundedInputStream.builder()
              .setInputStream(in)
              .setMaxCount(length)
              .setPropagateClose(false)
              .get();
    }

    long taken() {
      return in.getCount();
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in.read(target, offset, length);
    }

    @Override
    public long skip(long count) throws IOException {
      return in.skip(count);
    }

    @Override
    public int available() throws IOException {
      // Gzip calls this to know whether another member follows.
      return in.getRemaining() > 0 ? 1 : 0;
    }
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  private static boolean isZero(byte[] block) {
    for (byte value : block) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private static String shortName(byte[] header) {
    String name = field(header, 0, NAME_LENGTH);
    // GNU stores times where POSIX stores the prefix of a long name.
    boolean posix = new String(header, MAGIC, 6, StandardCharsets.ISO_8859_1).equals("ustar\0");
    String prefix = posix ? field(header, PREFIX, PREFIX_LENGTH) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static String field(byte[] header, int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return decode(header, offset, end - offset);
  }

  private static String name(byte[] text) {
    int end = text.length;
    while (end > 0 && text[end - 1] == 0) {
      end--;
    }
    return decode(text, 0, end);
  }

  /**
   * Decodes a name. Names are UTF-8. In names that are not UTF-8, each byte becomes a character, so
   * that names stay distinct.
   */
  static String decode(byte[] bytes, int offset, int length) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, offset, length))
          .toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
    }
  }

  /** Parses the records of a pax header: {@code "18 path=cat/1.jpg\n"}. */
  private static Map<String, String> records(byte[] header) {
    Map<String, String> records = new HashMap<>();
    int start = 0;
    while (start < header.length) {
      int space = start;
      int length = 0;
      while (space < header.length && header[space] >= '0' && header[space] <= '9') {
        length = 10 * Math.min(length, header.length) + header[space] - '0';
        space++;
      }
      int end = start + length;
      if (space == start || end > header.length || space + 2 > end) {
        return records; // ignores the rest if it is damaged
      }
      String record = decode(header, space + 1, end - space - 2);
      int equals = record.indexOf('=');
      if (equals > 0) {
        records.put(record.substring(0, equals), record.substring(equals + 1));
      }
      start = end;
    }
    return records;
  }

  private static String shown(String name) {
    return name.length() <= MAX_NAME_LENGTH ? name : name.substring(0, 64) + "...";
  }
}
