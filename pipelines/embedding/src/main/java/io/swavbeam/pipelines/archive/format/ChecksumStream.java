package io.swavbeam.pipelines.archive.format;

import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** A stream that ends with an error if the CRC-32 of its bytes is wrong. */
final class ChecksumStream extends CheckedInputStream {
  private final long crc32;

  /**
   * @param crc32 the expected CRC-32, or {@link ImageRef#UNKNOWN}
   */
  ChecksumStream(InputStream in, long crc32) {
    super(in, new CRC32());
    this.crc32 = crc32;
  }

  @Override
  public int read() throws IOException {
    return checked(super.read());
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return checked(super.read(target, offset, length));
  }

  private int checked(int read) throws ArchiveException {
    if (read < 0 && crc32 != ImageRef.UNKNOWN && getChecksum().getValue() != crc32) {
      throw new ArchiveException("the zip entry is damaged: its checksum is wrong");
    }
    return read;
  }
}
