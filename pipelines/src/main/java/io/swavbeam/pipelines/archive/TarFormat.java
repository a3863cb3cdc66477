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
  @Override
  public void visit(String uri, InputStream in, Labels labels, Visitor visitor) throws IOException {
    String last = "the beginning";
    try (TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
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
    } catch (EOFException e) {
      throw new ArchiveException("the tar ends in the middle, after " + last, e);
    } catch (IllegalArgumentException e) {
      throw new ArchiveException("the tar is damaged after " + last, e);
    }
  }
}
