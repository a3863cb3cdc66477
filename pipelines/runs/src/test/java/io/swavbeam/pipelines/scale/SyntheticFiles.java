package io.swavbeam.pipelines.scale;

import com.google.auto.service.AutoService;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Collection;
import java.util.List;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A file system of synthetic tars: {@code synthetic://n.tar} has n images of 512 bytes, whose bytes
 * are computed when they are read.
 */
final class SyntheticFiles extends FileSystem<SyntheticFiles.Id> {
  static final String SCHEME = "synthetic";

  private static final int BLOCK = 512;

  /** Registers the file system with Beam. */
  @AutoService(FileSystemRegistrar.class)
  public static final class Registrar implements FileSystemRegistrar {
    @Override
    public Iterable<FileSystem<?>> fromOptions(@Nullable PipelineOptions options) {
      return List.of(new SyntheticFiles());
    }
  }

  /** Returns the URI of a tar. */
  static String tar(long images) {
    return "%s://%d.tar".formatted(SCHEME, images);
  }

  /** A tar, identified by its number of images. */
  record Id(String uri) implements ResourceId {
    long images() {
      return Long.parseLong(uri.replaceAll("\\D", ""));
    }

    long length() {
      return (2 * images() + 2) * BLOCK;
    }

    @Override
    public ResourceId resolve(String other, ResolveOptions options) {
      throw new UnsupportedOperationException(other);
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return new Id(SCHEME + "://");
    }

    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public String getFilename() {
      return uri.substring(uri.lastIndexOf('/') + 1);
    }

    @Override
    public boolean isDirectory() {
      return uri.endsWith("/");
    }

    @Override
    public String toString() {
      return uri;
    }
  }

  @Override
  protected List<MatchResult> match(List<String> specs) {
    return specs.stream().map(SyntheticFiles::match).toList();
  }

  private static MatchResult match(String spec) {
    if (!spec.matches(SCHEME + "://\\d+\\.tar")) {
      return MatchResult.create(MatchResult.Status.NOT_FOUND, new FileNotFoundException(spec));
    }
    return MatchResult.create(
        MatchResult.Status.OK,
        List.of(
            MatchResult.Metadata.builder()
                .setResourceId(new Id(spec))
                .setSizeBytes(new Id(spec).length())
                .setIsReadSeekEfficient(true)
                .setChecksum("never changes")
                .build()));
  }

  @Override
  protected ReadableByteChannel open(Id id) {
    return new Tar(id.images(), id.length());
  }

  @Override
  protected WritableByteChannel create(Id id, CreateOptions options) throws IOException {
    throw new IOException("nothing is written to " + id);
  }

  @Override
  protected void copy(List<Id> from, List<Id> to) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void rename(List<Id> from, List<Id> to, MoveOptions... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void delete(Collection<Id> ids) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected Id matchNewResource(String uri, boolean isDirectory) {
    return new Id(uri);
  }

  @Override
  protected String getScheme() {
    return SCHEME;
  }

  /** The bytes of a tar. */
  private static final class Tar implements SeekableByteChannel {
    private static final String NAME = "train/cat/%012d.jpg";
    private static final int DIGITS_AT = 10;
    private static final int DIGITS = 12;
    private static final int CHECKSUM_AT = 148;
    private static final int CHECKSUM_DIGITS = 6;
    private static final byte[] NOTHING = new byte[BLOCK];

    private final long images;
    private final long length;
    private final byte[] header = new byte[BLOCK];
    private final int sumWithoutDigits;
    private long position;
    private boolean closed;

    Tar(long images, long length) {
      this.images = images;
      this.length = length;
      TarArchiveEntry entry = new TarArchiveEntry(NAME.formatted(0));
      entry.setSize(BLOCK);
      entry.writeEntryHeader(header);
      int sum = 0;
      for (int i = 0; i < BLOCK; i++) {
        boolean isSum = i >= CHECKSUM_AT && i < CHECKSUM_AT + 8;
        sum += isSum ? ' ' : header[i] & 0xff;
      }
      sumWithoutDigits = sum - DIGITS * '0';
    }

    private void number(long number) {
      long rest = number;
      int sum = sumWithoutDigits;
      for (int i = DIGITS_AT + DIGITS - 1; i >= DIGITS_AT; i--) {
        header[i] = (byte) ('0' + rest % 10);
        sum += header[i];
        rest /= 10;
      }
      for (int i = CHECKSUM_AT + CHECKSUM_DIGITS - 1; i >= CHECKSUM_AT; i--) {
        header[i] = (byte) ('0' + (sum & 7));
        sum >>= 3;
      }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      if (closed) {
        throw new ClosedChannelException();
      }
      if (position >= length) {
        return -1;
      }
      int before = into.remaining();
      while (into.hasRemaining() && position < length) {
        long block = position / BLOCK;
        int offset = (int) (position % BLOCK);
        int count = Math.min(into.remaining(), BLOCK - offset);
        if (block < 2 * images && block % 2 == 0) {
          number(block / 2);
          into.put(header, offset, count);
        } else {
          into.put(NOTHING, offset, count);
        }
        position += count;
      }
      return before - into.remaining();
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      throw new IOException("nothing is written here");
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public SeekableByteChannel position(long newPosition) {
      position = newPosition;
      return this;
    }

    @Override
    public long size() {
      return length;
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
      throw new IOException("nothing is written here");
    }

    @Override
    public boolean isOpen() {
      return !closed;
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
