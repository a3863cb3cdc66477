package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.RowsRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Copies of the images of archives that can only be read from their beginning. */
@FunctionalInterface
public interface ArchiveCopies {
  /**
   * No copies, because workers share no folder with this process. Such an archive ends the listing
   * with an error.
   */
  ArchiveCopies NONE =
      (ref, fingerprint) -> {
        throw new StreamingSourceException(ref.source());
      };

  /** A source in which workers cannot read single images. */
  final class StreamingSourceException extends IOException {
    private StreamingSourceException(String source) {
      super(
          "%s can only be read from its beginning: %s, so that every worker can read its part"
              .formatted(
                  source, Formats.isInParts(source) ? "write its images into a tar" : "expand it"));
    }
  }

  /** The name of the list of images in the folder of a copy. */
  String LIST = "images.records";

  /** The name of the file with the bytes of the images in the folder of a copy. */
  String IMAGES = "images";

  /** The name of the file with the fingerprint of the source in the folder of a copy. */
  String FINGERPRINT = ".fingerprint";

  /**
   * Copies the images of an archive, if there is no copy yet.
   *
   * @param fingerprint the fingerprint of the file that contains the archive; empty if it is
   *     unknown
   */
  Path copy(StreamedRef ref, String fingerprint) throws IOException;

  /** A listener to copies. */
  @FunctionalInterface
  interface Listener {
    /**
     * Called before a file of the input is copied.
     *
     * @param source the file
     * @param bytes the number of compressed bytes
     * @param folder the folder of the copies
     */
    void copying(String source, long bytes, Path folder);
  }

  /** Called with the parts of a file before they are copied individually. */
  default void announce(List<StreamedRef> parts, String fingerprint) throws IOException {}

  /** Creates copies in a folder, each made once, with the default fields of samples. */
  static ArchiveCopies in(Path folder) throws IOException {
    return in(folder, ImageLimits.DEFAULT, SampleFields.DEFAULT, (source, bytes, copies) -> {});
  }

  /**
   * Creates copies in a folder, each made once.
   *
   * @param folder a folder in the run directory
   * @param limits the limits on images
   * @param fields the fields of samples that are read
   */
  static ArchiveCopies in(Path folder, ImageLimits limits, SampleFields fields, Listener listener)
      throws IOException {
    AtomicFiles.deleteUnfinished(folder);
    Options options = new Options(limits, fields);
    return new ArchiveCopies() {
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
        return ArchiveCopies.copy(
            ref, options, fingerprint, place(ref, options, fingerprint, folder));
      }
    };
  }

  /** The options that decide which images of an archive are copied. */
  record Options(ImageLimits limits, SampleFields fields) {}

  /**
   * Returns the folder of a copy. It differs for files with the same name and another content.
   * Copies of version 0.1 have no fingerprint, and those of 0.2 do not depend on the limits.
   */
  private static Path place(StreamedRef ref, Options options, String fingerprint, Path copies)
      throws IOException {
    Path earlier =
        copies.resolve(name(ref, new Options(ImageLimits.DEFAULT, options.fields()), ""));
    boolean isEarlier = Files.exists(earlier) && !Files.exists(earlier.resolve(LIST));
    Path first = isEarlier ? earlier : copies.resolve(name(ref, options, ""));
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
   * Copies the images of an archive to one file, with a list of them. Earlier versions copied the
   * file inside a compressed file, and rows into a tar. Returns such a copy if there is one.
   */
  private static Path copy(StreamedRef ref, Options options, String fingerprint, Path folder)
      throws IOException {
    if (!Files.exists(folder)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            Files.writeString(unfinished.resolve(FINGERPRINT), fingerprint);
            writeImages(ref, options, unfinished);
          });
    }
    Path list = folder.resolve(LIST).toAbsolutePath();
    if (Files.exists(list)) {
      return list;
    }
    String name = Content.fileName(ref.name());
    return folder
        .resolve(
            ref instanceof RowsRef
                ? Formats.nameInside(name) + ".tar"
                : ArchiveReader.nameInside(ref))
        .toAbsolutePath();
  }

  private static void writeImages(StreamedRef archive, Options options, Path folder)
      throws IOException {
    List<String> letters = new ArrayList<>();
    SidecarCounts sidecars = new SidecarCounts();
    Location list = Location.of(folder.resolve(LIST));
    try (OutputStream out =
            new BufferedOutputStream(Files.newOutputStream(folder.resolve(IMAGES)));
        ImageList.Writer images = new ImageList.Writer(Stores.create(list));
        ArchiveReader reader = ArchiveReader.read(archive, options.limits(), options.fields())) {
      long offset = 0;
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry instanceof Entry.Image image) {
          out.write(image.bytes());
          images.add(copied(image.ref(), list, offset, image.bytes().length));
          offset += image.bytes().length;
        } else if (entry instanceof Entry.Unusable unusable) {
          letters.add(unusable.letter().toJson());
        } else if (entry instanceof Entry.Sidecar sidecar) {
          sidecars.add(sidecar.name());
        }
      }
      images.finish(ConfigJson.write(new Notes(letters, sidecars.byExtension())));
    }
  }

  private static ImageRef copied(ImageRef image, Location file, long offset, long length) {
    return ImageRef.stored(
        image.source(),
        image.position(),
        file,
        offset,
        length,
        image.encoding(),
        image.name(),
        image.label());
  }

  /**
   * The notes of a copy.
   *
   * @param letters dead letters as JSON
   * @param sidecars the number of files beside the images, by extension
   */
  record Notes(List<String> letters, Map<String, Long> sidecars) {}

  /** Receives the content of a copy. */
  interface Receiver {
    void image(ImageRef image) throws IOException;

    void deadLetter(DeadLetter letter);

    void sidecars(Map<String, Long> byExtension);
  }

  /** Reads the list of a copy. */
  static void read(Path list, Receiver receiver) throws IOException {
    Location bytes = Location.of(list.resolveSibling(IMAGES));
    try (ImageList images = ImageList.open(Location.of(list))) {
      Iterator<StoredRef> refs = images.iterator(0, images.size());
      while (refs.hasNext()) {
        StoredRef ref = refs.next();
        // The run directory may have been moved.
        receiver.image(copied((ImageRef) ref, bytes, ref.offset(), ref.length()));
      }
      Notes notes = ConfigJson.read(images.notes(), Notes.class, list.toString());
      notes.letters().forEach(letter -> receiver.deadLetter(DeadLetter.fromJson(letter)));
      receiver.sidecars(notes.sidecars());
    }
  }
}
