package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The ar archives of Unix, for files with short names. It only shows what a format has to
 * implement.
 */
public final class ArFormat implements ArchiveFormat {
  private static final String MAGIC = "!<arch>\n";
  private static final int HEADER = 60;

  @Override
  public int order() {
    return 60;
  }

  @Override
  public Role role(String name) {
    return name.endsWith(".ar") ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of();
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    InputStream in = bytes.stream();
    if (!text(in.readNBytes(MAGIC.length())).equals(MAGIC)) {
      throw new ArchiveException("it is no ar archive");
    }
    return new Members() {
      private long here = MAGIC.length();

      @Override
      public @Nullable Member next() throws IOException {
        byte[] header = in.readNBytes(HEADER);
        if (header.length == 0) {
          return null;
        }
        if (header.length < HEADER) {
          throw new ArchiveException("the ar archive is cut off");
        }
        int size = Integer.parseInt(text(header).substring(48, 58).strip());
        byte[] content = in.readNBytes(size);
        in.readNBytes(size % 2);
        Member file =
            Member.File.stored(
                here,
                text(header).substring(0, 16).strip(),
                here + HEADER,
                size,
                null,
                new ByteArrayInputStream(content));
        here += HEADER + size + size % 2;
        return file;
      }
    };
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
