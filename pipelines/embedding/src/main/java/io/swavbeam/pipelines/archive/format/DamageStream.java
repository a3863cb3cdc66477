package io.swavbeam.pipelines.archive.format;

import io.swavbeam.pipelines.archive.ArchiveException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A decompressing stream that throws {@link IOException} for damaged bytes. Decompressors throw
 * other exceptions, too.
 */
final class DamageStream extends FilterInputStream {
  DamageStream(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    try {
      return in.read();
    } catch (RuntimeException e) {
      throw damaged(e);
    }
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    try {
      return in.read(target, offset, length);
    } catch (RuntimeException e) {
      throw damaged(e);
    }
  }

  private static ArchiveException damaged(RuntimeException e) {
    return new ArchiveException("its compressed bytes are damaged", e);
  }
}
