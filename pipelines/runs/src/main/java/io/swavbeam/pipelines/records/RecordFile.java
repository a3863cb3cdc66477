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
 * Records in a file, read by their numbers. A file of this machine is mapped, so that the system
 * decides what of it is in memory; of one in a bucket, ranges are read. Of the records nothing is
 * kept. A mapped file may be read by several threads at once.
 *
 * <pre>
 * "swavrec1"                   8 bytes
 * records                      each: its length (int32), then its fields as Avro encodes them
 * beginnings of the records    int64 each, of those that have a number
 * notes                        UTF-8
 * length of the notes          int32
 * number of records            int64
 * where the beginnings begin   int64
 * "swavrec1"                   8 bytes
 * </pre>
 *
 * <p>Integers outside of records are big-endian.
 */
public final class RecordFile implements AutoCloseable {
  static final String MAGIC = "swavrec1";

  private static final int TRAILER = Integer.BYTES + 2 * Long.BYTES + MAGIC.length();

  /** No record is longer: names and paths are some thousands of bytes at most. */
  private static final int MAX_RECORD = 1 << 20;

  private final String name;
  private final RecordBytes bytes;
  private final long count;
  private final long indexPosition;
  private final String notes;

  /** Reads the fields of one record. */
  @FunctionalInterface
  public interface Fields<T> {
    /** Reads them, in the order in which they were written. */
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
      throw damaged("it is of another kind, or cut off");
    }
    long free = length - TRAILER - notesLength - indexPosition;
    if (notesLength < 0
        || indexPosition < MAGIC.length()
        || count < 0
        || count > length / Long.BYTES
        || free != count * Long.BYTES) {
      throw damaged("its end does not fit its length");
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
   * Opens a file of this machine, which may be deleted while it is open.
   *
   * @throws IOException in one line, if it is cut off or something else
   */
  public static RecordFile open(Path file) throws IOException {
    return open(file.toString(), new RecordBytes.Mapped(file));
  }

  /**
   * Opens a file, wherever it lies.
   *
   * @throws IOException in one line, if it is cut off or something else
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

  /** How many records have numbers. */
  public long count() {
    return count;
  }

  /** Returns the notes of the writer. */
  public String notes() {
    return notes;
  }

  /**
   * Reads a record.
   *
   * @param number from 0
   * @throws IOException in one line, if the file is damaged
   */
  public <T> T get(long number, Fields<T> fields) throws IOException {
    if (number < 0 || number >= count) {
      throw new IndexOutOfBoundsException("%d of %d records".formatted(number, count));
    }
    return at(read(indexPosition + number * Long.BYTES, Long.BYTES).getLong(), fields);
  }

  /** Reads a record by its place, as its writer was told. */
  public <T> T at(long position, Fields<T> fields) throws IOException {
    if (position < MAGIC.length() || position > indexPosition - Integer.BYTES) {
      throw damaged("a record is to be at " + position);
    }
    int length = read(position, Integer.BYTES).getInt();
    if (length < 0 || length > Math.min(MAX_RECORD, indexPosition - position - Integer.BYTES)) {
      throw damaged("a record at %d is to have %d bytes".formatted(position, length));
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
    return new IOException("%s is damaged: %s; delete it, it is made again".formatted(name, why));
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}
