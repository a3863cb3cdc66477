package io.swavbeam.pipelines.records;

import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * A file of records with access by number. A local file is memory-mapped, so the system decides
 * which parts are in memory. Of a file in a bucket, ranges are read. Records are not kept. A mapped
 * file is thread-safe.
 *
 * <pre>
 * "swavrec1"                   8 bytes
 * records                      each: its length (int32), then its fields in Avro's encoding
 * offsets of the records       int64 each, of records with a number
 * notes                        UTF-8
 * length of the notes          int32
 * number of records            int64
 * offset of the offsets        int64
 * "swavrec1"                   8 bytes
 * </pre>
 *
 * <p>Integers outside of records are big-endian.
 */
public final class RecordFile implements AutoCloseable {
  static final String MAGIC = "swavrec1";

  private static final int TRAILER = Integer.BYTES + 2 * Long.BYTES + MAGIC.length();

  /** The largest record. Names and paths have at most some thousands of bytes. */
  private static final int MAX_RECORD = 1 << 20;

  private final String name;
  private final RecordBytes bytes;
  private final long count;
  private final long indexPosition;
  private final String notes;

  /** Reads the fields of a record. */
  @FunctionalInterface
  public interface Fields<T> {
    /** Reads the fields in the order in which they were written. */
    T read(BinaryDecoder decoder) throws IOException;
  }

  private RecordFile(String name, RecordBytes bytes) throws IOException {
    this.name = name;
    this.bytes = bytes;
    long length = bytes.length();
    if (length < MAGIC.length() + TRAILER) {
      throw damaged("it is cut off");
    }
    ByteBuffer trailer = read(length - TRAILER, TRAILER);
    int notesLength = trailer.getInt();
    count = trailer.getLong();
    indexPosition = trailer.getLong();
    if (!isMagic(trailer) || !isMagic(read(0, MAGIC.length()))) {
      throw damaged("it is of another format, or cut off");
    }
    long free = length - TRAILER - notesLength - indexPosition;
    if (notesLength < 0
        || indexPosition < MAGIC.length()
        || count < 0
        || count > length / Long.BYTES
        || free != count * Long.BYTES) {
      throw damaged("its end does not match its length");
    }
    notes =
        StandardCharsets.UTF_8.decode(read(length - TRAILER - notesLength, notesLength)).toString();
  }

  private static boolean isMagic(ByteBuffer at) {
    byte[] magic = new byte[MAGIC.length()];
    at.get(magic);
    return MAGIC.equals(new String(magic, StandardCharsets.US_ASCII));
  }

  /**
   * Opens a local file, which may be deleted while it is open.
   *
   * @throws IOException in one line, if it is cut off or of another format
   */
  public static RecordFile open(Path file) throws IOException {
    return open(file.toString(), new RecordBytes.Mapped(file));
  }

  /**
   * Opens a file of any storage.
   *
   * @throws IOException in one line, if it is cut off or of another format
   */
  public static RecordFile open(Location file) throws IOException {
    return file.isLocal() ? open(file.path()) : open(file.uri(), new RecordBytes.Ranges(file));
  }

  private static RecordFile open(String name, RecordBytes bytes) throws IOException {
    boolean opened = false;
    try {
      RecordFile file = new RecordFile(name, bytes);
      opened = true;
      return file;
    } finally {
      if (!opened) {
        bytes.close();
      }
    }
  }

  /** Returns the number of records with a number. */
  public long count() {
    return count;
  }

  /** Returns the notes, which the writer has added. */
  public String notes() {
    return notes;
  }

  /**
   * Reads a record.
   *
   * @param number the number of the record, from 0
   * @throws IOException in one line, if the file is damaged
   */
  public <T> T get(long number, Fields<T> fields) throws IOException {
    if (number < 0 || number >= count) {
      throw new IndexOutOfBoundsException("%d of %d records".formatted(number, count));
    }
    return at(read(indexPosition + number * Long.BYTES, Long.BYTES).getLong(), fields);
  }

  /** Reads a record by the offset that its writer returned. */
  public <T> T at(long position, Fields<T> fields) throws IOException {
    if (position < MAGIC.length() || position > indexPosition - Integer.BYTES) {
      throw damaged("there is no record at " + position);
    }
    int length = read(position, Integer.BYTES).getInt();
    if (length < 0 || length > Math.min(MAX_RECORD, indexPosition - position - Integer.BYTES)) {
      throw damaged("the record at %d has the invalid length %d".formatted(position, length));
    }
    byte[] record = new byte[length];
    bytes.read(position + Integer.BYTES, record);
    try {
      return fields.read(DecoderFactory.get().binaryDecoder(record, null));
    } catch (IOException | AvroRuntimeException | IllegalArgumentException e) {
      throw damaged("the record at %d cannot be read".formatted(position));
    }
  }

  private ByteBuffer read(long position, int length) throws IOException {
    byte[] read = new byte[length];
    bytes.read(position, read);
    return ByteBuffer.wrap(read);
  }

  private IOException damaged(String why) {
    return new IOException(
        "%s is damaged: %s; delete it, and it is created again".formatted(name, why));
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}
