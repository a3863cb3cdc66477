package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.SequentialArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What becomes of an archive that can only be read from its beginning. */
@FunctionalInterface
@Internal
public interface Copies {
  /** Workers that share no folder cannot use a copy: such an archive ends the listing in a line. */
  Copies NONE =
      (ref, fingerprint) -> {
        throw new StreamingSourceException(ref.source());
      };

  /** A source of which workers cannot read single images. */
  final class StreamingSourceException extends IOException {
    private static final long serialVersionUID = 1L;

    private StreamingSourceException(String source) {
      super(
          "%s can only be read from its beginning: %s, so that every worker can read its part"
              .formatted(
                  source,
                  Archives.isInParts(source) ? "write its images into a tar" : "expand it"));
    }
  }

  /** Beside a copy of an archive that ended too early: what was wrong with it. */
  String INCOMPLETE = ".incomplete";

  /** In the folder of a copy: the fingerprint of the file that it was made of. */
  String FINGERPRINT = ".fingerprint";

  /**
   * Makes a copy that can be read by offset, if there is none.
   *
   * @param fingerprint of the file that the archive is in; empty if its bytes are not known
   */
  Path copy(ImageRef ref, String fingerprint) throws IOException;

  /** Hears of what will be copied next. */
  @FunctionalInterface
  interface Listener {
    /**
     * Called before a file of the input is copied, unless that was done before.
     *
     * @param source what is copied
     * @param bytes of it, still compressed
     * @param folder in which the copy is made
     */
    void copying(String source, long bytes, Path folder);
  }

  /** Called with the parts of a file before they are copied one by one. */
  default void announce(List<ImageRef> parts, String fingerprint) throws IOException {}

  /** Copies in a folder, each made once, with the usual fields of samples. */
  static Copies in(Path folder) throws IOException {
    return in(folder, SampleFields.DEFAULT, (source, bytes, copies) -> {});
  }

  /**
   * Copies in a folder, each made once.
   *
   * @param folder in the run directory
   * @param fields of samples that are taken
   */
  static Copies in(Path folder, SampleFields fields, Listener listener) throws IOException {
    AtomicFiles.deleteUnfinished(folder);
    return new Copies() {
      @Override
      public void announce(List<ImageRef> parts, String fingerprint) throws IOException {
        long missing = 0;
        for (ImageRef part : parts) {
          missing += Files.exists(place(part, fields, fingerprint, folder)) ? 0 : part.length();
        }
        if (missing > 0) {
          listener.copying(parts.get(0).source(), missing, folder);
        }
      }

      @Override
      public Path copy(ImageRef ref, String fingerprint) throws IOException {
        return expand(ref, fields, fingerprint, place(ref, fields, fingerprint, folder));
      }
    };
  }

  /**
   * The folder of a copy: files of one name are different ones, and so is one that has grown or
   * holds other bytes. Copies of earlier versions did not note the fingerprint.
   */
  private static Path place(ImageRef ref, SampleFields fields, String fingerprint, Path copies)
      throws IOException {
    Path first = copies.resolve(name(ref, fields, ""));
    Path noted = first.resolve(FINGERPRINT);
    boolean other =
        !fingerprint.isEmpty()
            && Files.exists(noted)
            && !Files.readString(noted).equals(fingerprint);
    return other ? copies.resolve(name(ref, fields, fingerprint)) : first;
  }

  private static String name(ImageRef ref, SampleFields fields, String fingerprint) {
    Digest digest = new Digest().add(ref.source()).add("\0").add(ref.offset()).add(ref.length());
    if (!fields.equals(SampleFields.DEFAULT)) {
      digest.add(fields.toString());
    }
    return digest.add(fingerprint).hex(24);
  }

  /**
   * A copy of what is in a compressed file, or in a compressed entry of a zip; what is before the
   * place where it is damaged is good.
   */
  private static Path expand(ImageRef ref, SampleFields fields, String fingerprint, Path folder)
      throws IOException {
    String name = SequentialArchive.nameInside(ref);
    if (!Files.exists(folder)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            Files.writeString(unfinished.resolve(FINGERPRINT), fingerprint);
            Path copy = unfinished.resolve(name);
            try (OutputStream out = Files.newOutputStream(copy)) {
              String problem = write(ref, fields, out);
              if (problem != null) {
                Files.writeString(unfinished.resolve(name + INCOMPLETE), problem);
              }
            }
          });
    }
    return folder.resolve(name).toAbsolutePath();
  }

  private static @Nullable String write(ImageRef ref, SampleFields fields, OutputStream out)
      throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = SequentialArchive.inside(ref, fields)) {
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
