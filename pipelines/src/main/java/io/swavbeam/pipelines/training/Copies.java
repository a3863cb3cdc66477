package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.RowsRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Packed;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SeekableByteChannel;
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
                  source, Formats.isInParts(source) ? "write its images into a tar" : "expand it"));
    }
  }

  /** Beside a copy of an archive that ended too early: what was wrong with it. */
  String INCOMPLETE = ".incomplete";

  /** In the folder of images that were copied one by one: a list of them. */
  String LIST = "images.records";

  /** In the same folder: their bytes. */
  String IMAGES = "images";

  /** In the folder of a copy: the fingerprint of the file that it was made of. */
  String FINGERPRINT = ".fingerprint";

  /**
   * Makes a copy that can be read by offset, if there is none.
   *
   * @param fingerprint of the file that the archive is in; empty if its bytes are not known
   */
  Path copy(StreamedRef ref, String fingerprint) throws IOException;

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
  default void announce(List<StreamedRef> parts, String fingerprint) throws IOException {}

  /** Copies in a folder, each made once, with the usual fields of samples. */
  static Copies in(Path folder) throws IOException {
    return in(folder, ImageLimits.DEFAULT, SampleFields.DEFAULT, (source, bytes, copies) -> {});
  }

  /**
   * Copies in a folder, each made once.
   *
   * @param folder in the run directory
   * @param limits on images that are copied one by one
   * @param fields of samples that are taken
   */
  static Copies in(Path folder, ImageLimits limits, SampleFields fields, Listener listener)
      throws IOException {
    AtomicFiles.deleteUnfinished(folder);
    Options options = new Options(limits, fields);
    return new Copies() {
      @Override
      public void announce(List<StreamedRef> parts, String fingerprint) throws IOException {
        long missing = 0;
        for (StreamedRef part : parts) {
          missing += Files.exists(place(part, options, fingerprint, folder)) ? 0 : part.length();
        }
        if (missing > 0) {
          listener.copying(parts.get(0).source(), missing, folder);
        }
      }

      @Override
      public Path copy(StreamedRef ref, String fingerprint) throws IOException {
        return expand(ref, options, fingerprint, place(ref, options, fingerprint, folder));
      }
    };
  }

  /** What is copied of images that are copied one by one. */
  record Options(ImageLimits limits, SampleFields fields) {}

  /**
   * The folder of a copy: files of one name are different ones, and so is one that has grown or
   * holds other bytes. Copies of earlier versions did not note the fingerprint.
   */
  private static Path place(StreamedRef ref, Options options, String fingerprint, Path copies)
      throws IOException {
    Path first = copies.resolve(name(ref, options, ""));
    Path noted = first.resolve(FINGERPRINT);
    boolean other =
        !fingerprint.isEmpty()
            && Files.exists(noted)
            && !Files.readString(noted).equals(fingerprint);
    return other ? copies.resolve(name(ref, options, fingerprint)) : first;
  }

  private static String name(StreamedRef ref, Options options, String fingerprint) {
    Digest digest = new Digest().add(ref.source()).add("\0").add(ref.offset()).add(ref.length());
    if (!options.fields().equals(SampleFields.DEFAULT)) {
      digest.add(options.fields().toString());
    }
    if (!options.limits().equals(ImageLimits.DEFAULT)) {
      digest.add(options.limits().toString());
    }
    return digest.add(fingerprint).hex(24);
  }

  /**
   * A copy of the file in a compressed one, or of a compressed entry of a zip. What is before the
   * place where it is damaged is good. Of a file whose entries have no offsets, the images are
   * copied, one behind the other, with a list of them; copies of earlier versions are tars.
   */
  private static Path expand(StreamedRef ref, Options options, String fingerprint, Path folder)
      throws IOException {
    String name = ArchiveReader.nameInside(ref);
    if (!Files.exists(folder)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            Files.writeString(unfinished.resolve(FINGERPRINT), fingerprint);
            if (ref instanceof RowsRef rows) {
              writeImages(rows, options, unfinished);
            } else if (ref instanceof ArchiveRef archive) {
              String problem = write(archive, unfinished.resolve(name));
              if (problem != null) {
                Files.writeString(unfinished.resolve(name + INCOMPLETE), problem);
              }
            }
          });
    }
    Path list = folder.resolve(LIST).toAbsolutePath();
    if (ref instanceof RowsRef) {
      return Files.exists(list)
          ? list
          : folder.resolve(Formats.nameInside(name) + ".tar").toAbsolutePath();
    }
    return folder.resolve(name).toAbsolutePath();
  }

  private static void writeImages(RowsRef archive, Options options, Path folder)
      throws IOException {
    StringBuilder letters = new StringBuilder();
    Location list = Location.of(folder.resolve(LIST));
    try (OutputStream out =
            new BufferedOutputStream(Files.newOutputStream(folder.resolve(IMAGES)));
        ImageList.Writer images = new ImageList.Writer(Stores.create(list));
        ArchiveReader reader = ArchiveReader.read(archive, options.limits(), options.fields())) {
      long offset = 0;
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry instanceof Entry.Image image) {
          ImageRef ref = image.ref();
          out.write(image.bytes());
          images.add(
              ImageRef.stored(
                  ref.source(),
                  ref.position(),
                  list,
                  offset,
                  image.bytes().length,
                  ref.encoding(),
                  ref.name(),
                  ref.label()));
          offset += image.bytes().length;
        } else if (entry instanceof Entry.Unusable unusable) {
          letters.append(unusable.letter().toJson()).append('\n');
        }
      }
      images.finish(letters.toString());
    }
  }

  private static @Nullable String write(ArchiveRef ref, Path copy) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(copy);
        SeekableByteChannel channel = Stores.open(ref.file());
        InputStream in = Formats.inside(ref.name(), Formats.unpacked(channel, Packed.of(ref)))) {
      while (true) {
        int count;
        try {
          count = in.read(buffer);
        } catch (IOException e) {
          return PassingErrors.describe(e);
        }
        if (count < 0) {
          return null;
        }
        out.write(buffer, 0, count);
      }
    }
  }
}
