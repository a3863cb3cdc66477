package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SequentialArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What becomes of an archive that can only be read from its beginning. */
@FunctionalInterface
@Internal
public interface Copies {
  /** Workers that share no folder cannot use a copy: such an archive ends the listing in a line. */
  Copies NONE =
      ref -> {
        throw new StreamingSourceException(ref.source());
      };

  /** A source of which workers cannot read single images. */
  final class StreamingSourceException extends IOException {
    private static final long serialVersionUID = 1L;

    private StreamingSourceException(String source) {
      super(
          "%s can only be read from its beginning: expand it, so that every worker can read its part"
              .formatted(source));
    }
  }

  /** Beside a copy of an archive that ended too early: what was wrong with it. */
  String INCOMPLETE = ".incomplete";

  /** Makes a copy that can be read by offset, if there is none. */
  Path copy(ImageRef ref) throws IOException;

  /**
   * Copies in a folder, each made once.
   *
   * @param folder in the run directory
   */
  static Copies in(Path folder) throws IOException {
    AtomicFiles.deleteUnfinished(folder);
    return ref -> expand(ref, folder);
  }

  /**
   * A copy of what is in a compressed file, or in a compressed entry of a zip; what is before the
   * place where it is damaged is good.
   */
  private static Path expand(ImageRef ref, Path copies) throws IOException {
    String name = SequentialArchive.nameInside(ref);
    // Files of the same name in different folders are different files, and so is one that has
    // grown.
    String place =
        new Digest().add(ref.source()).add("\0").add(ref.offset()).add(ref.length()).hex(24);
    Path folder = copies.resolve(place);
    if (!Files.exists(folder)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            Path copy = unfinished.resolve(name);
            try (OutputStream out = Files.newOutputStream(copy)) {
              String problem = write(ref, out);
              if (problem != null) {
                Files.writeString(unfinished.resolve(name + INCOMPLETE), problem);
              }
            }
          });
    }
    return folder.resolve(name).toAbsolutePath();
  }

  private static @Nullable String write(ImageRef ref, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = SequentialArchive.inside(ref)) {
      while (true) {
        int count;
        try {
          count = in.read(buffer);
        } catch (IOException e) {
          return Archives.describe(e);
        }
        if (count < 0) {
          return null;
        }
        out.write(buffer, 0, count);
      }
    }
  }
}
