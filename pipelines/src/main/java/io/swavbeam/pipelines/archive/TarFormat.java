package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Tar archives of image files. */
final class TarFormat implements ArchiveFormat {
  /** Knows whether the archive ended or just stopped, at the border of two entries. */
  private static final class MarkedTar extends TarArchiveInputStream {
    private boolean endMarkSeen;

    MarkedTar(InputStream in) {
      super(in);
    }

    @Override
    protected byte[] readRecord() throws IOException {
      byte[] block = super.readRecord();
      endMarkSeen |= block != null && isEOFRecord(block);
      return block;
    }
  }

  @Override
  public void visit(String uri, InputStream in, Labels labels, Visitor visitor) throws IOException {
    String last = "the beginning";
    try (MarkedTar tar = new MarkedTar(in)) {
      TarArchiveEntry entry;
      while ((entry = tar.getNextEntry()) != null) {
        if (!entry.isFile()) {
          continue;
        }
        String name = entry.getName();
        if (!ImageNames.isImage(name)) {
          visitor.ignored(name);
        } else if (entry.isSparse()) {
          throw new ArchiveException("the tar holds a sparse file, %s: unpack it".formatted(name));
        } else {
          visitor.image(
              new ImageRef(
                  uri,
                  tar.getBytesRead(),
                  entry.getSize(),
                  Packing.STORED,
                  ImageEncoding.FILE,
                  name,
                  Label.ofParent(name)),
              tar);
        }
        last = name;
      }
      if (!tar.endMarkSeen) {
        throw new ArchiveException("the tar is cut off after " + last);
      }
    } catch (EOFException e) {
      throw new ArchiveException("the tar is cut off after " + last, e);
    } catch (IllegalArgumentException e) {
      throw new ArchiveException("the tar is damaged after " + last, e);
    }
  }
}
