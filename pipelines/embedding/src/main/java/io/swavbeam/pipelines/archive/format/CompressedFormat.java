package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Files that are compressed as a whole: {@code photos.tar.gz}, {@code photo.bmp.zst}. Each wraps
 * one file, which can only be read from its beginning.
 */
public final class CompressedFormat implements ArchiveFormat {
  @Override
  public int order() {
    return 10;
  }

  @Override
  public Role role(String name) {
    return Compression.ofName(name).isPresent() ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return Arrays.stream(Compression.values()).map(Compression::signature).toList();
  }

  @Override
  public boolean isReadByOffset() {
    return false;
  }

  @Override
  public boolean isWrapper() {
    return true;
  }

  @Override
  public String nameInside(String name) {
    return Compression.nameInside(name);
  }

  @Override
  public List<String> companions(String name) {
    String inside = nameInside(name);
    return Formats.ofName(inside).map(format -> format.companions(inside)).orElse(List.of());
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    BufferedInputStream in = new BufferedInputStream(bytes.stream(), Content.HEAD);
    in.mark(Content.HEAD);
    byte[] head = in.readNBytes(Content.HEAD);
    in.reset();
    Compression compression =
        Compression.ofBytes(head)
            .orElseThrow(
                () ->
                    new ArchiveException(
                        "its bytes are not what its name says: it is not compressed"));
    return new OneFile(nameInside(opening.name()), compression.open(in));
  }

  private static final class OneFile implements Members {
    private final String name;
    private final InputStream unpacked;
    private boolean told;

    OneFile(String name, InputStream unpacked) {
      this.name = name;
      this.unpacked = unpacked;
    }

    @Override
    public @Nullable Member next() throws IOException {
      if (told) {
        unpacked.transferTo(OutputStream.nullOutputStream()); // a checksum may be at the end
        return null;
      }
      told = true;
      return Member.File.stored(0, name, 0, ImageRef.UNKNOWN, null, unpacked);
    }

    @Override
    public void close() throws IOException {
      unpacked.close(); // its tables are in native memory
    }
  }
}
