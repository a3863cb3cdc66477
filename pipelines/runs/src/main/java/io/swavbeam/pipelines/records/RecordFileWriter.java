package io.swavbeam.pipelines.records;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.commons.io.output.DeferredFileOutputStream;

/**
 * A sequential writer of a {@link RecordFile}. Memory does not grow with the number of records,
 * because their offsets are kept in a temporary file. Not thread-safe.
 */
public final class RecordFileWriter implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  /** The number of bytes of offsets that are kept in memory. Small files need no temporary file. */
  private static final int INDEX_IN_MEMORY = 1 << 20;

  private final DataOutputStream out;
  private final DeferredFileOutputStream indexBytes;
  private final DataOutputStream index;
  private final ByteArrayOutputStream record = new ByteArrayOutputStream();
  private BinaryEncoder encoder;
  private long position;
  private long count;

  /** Writes the fields of a record. */
  @FunctionalInterface
  public interface Fields {
    /** Writes the fields in the order in which they are read. */
    void write(BinaryEncoder encoder) throws IOException;
  }

  /**
   * @param channel the channel to write to; closed with this writer
   */
  public RecordFileWriter(WritableByteChannel channel) throws IOException {
    out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER));
    indexBytes =
        DeferredFileOutputStream.builder()
            .setThreshold(INDEX_IN_MEMORY)
            .setPrefix("swav-index-")
            .setSuffix(".tmp")
            .setDirectory(new File(System.getProperty("java.io.tmpdir")))
            .get();
    index = new DataOutputStream(new BufferedOutputStream(indexBytes, BUFFER));
    out.write(RecordFile.MAGIC.getBytes(StandardCharsets.US_ASCII));
    position = RecordFile.MAGIC.length();
  }

  /** Adds a record with the next number, from 0. */
  public void add(Fields fields) throws IOException {
    index.writeLong(position);
    count++;
    write(fields);
  }

  /**
   * Adds a record without a number, for other records to refer to.
   *
   * @return its offset for {@link RecordFile#at}
   */
  public long addUnnumbered(Fields fields) throws IOException {
    long at = position;
    write(fields);
    return at;
  }

  private void write(Fields fields) throws IOException {
    record.reset();
    encoder = EncoderFactory.get().directBinaryEncoder(record, encoder);
    fields.write(encoder);
    encoder.flush();
    out.writeInt(record.size());
    record.writeTo(out);
    position += Integer.BYTES + record.size();
  }

  /** Returns the number of records with a number. */
  public long count() {
    return count;
  }

  /**
   * Completes the file and closes the channel.
   *
   * @param notes a text that {@link RecordFile#notes} returns
   */
  public void finish(String notes) throws IOException {
    index.close();
    OutputStream target = out;
    indexBytes.writeTo(target);
    byte[] text = notes.getBytes(StandardCharsets.UTF_8);
    out.write(text);
    out.writeInt(text.length);
    out.writeLong(count);
    out.writeLong(position);
    out.write(RecordFile.MAGIC.getBytes(StandardCharsets.US_ASCII));
    out.close();
  }

  /** Closes the channel. A file that was not completed cannot be read. */
  @Override
  public void close() throws IOException {
    try {
      out.close();
    } finally {
      index.close();
      if (indexBytes.getFile() != null) {
        Files.deleteIfExists(indexBytes.getFile().toPath());
      }
    }
  }
}
