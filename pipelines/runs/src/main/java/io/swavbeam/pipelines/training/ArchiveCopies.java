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
  /** Workers that share no folder cannot use a copy: such an archive ends the listing in a line. */
  ArchiveCopies NONE =
      (ref, fingerprint) -> {
        throw new StreamingSourceException(ref.source());
      };

  /** A source of which workers cannot read single images. */
  final class StreamingSourceException extends IOException {
    private StreamingSourceException(String source) {
      super(
          "%s can only be read from its beginning: %s, so that every worker can read its part"
              .formatted(
                  source, Formats.isInParts(source) ? "write its images into a tar" : "expand it"));
    }
  }

  /** In the folder of a copy: a list of the images. */
  String LIST = "images.records";

  /** In the same folder: their bytes. */
  String IMAGES = "images";

  /** In the folder of a copy: the fingerprint of the file that it was made of. */
  String FINGERPRINT = ".fingerprint";

  /**
   * Copies the images of an archive, if that was not done before.
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
  static ArchiveCopies in(Path folder) throws IOException {
    return in(folder, ImageLimits.DEFAULT, SampleFields.DEFAULT, (source, bytes, copies) -> {});
  }

  /**
   * Copies in a folder, each made once.
   *
   * @param folder in the run directory
   * @param limits on images that are copied one by one
   * @param fields of samples that are taken
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

  /** The images of an archive that are copied one by one. */
  record Options(ImageLimits limits, SampleFields fields) {}

  /**
   * The folder of a copy: files of one name are different ones, and so is one that has grown or
   * holds other bytes. Copies of version 0.1 did not note the fingerprint, and those of 0.2 were
   * the same for all limits.
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
   * A list of an archive's images, which are copied one behind the other. Earlier versions copied
   * the file in a compressed one, and rows into a tar: such a copy is returned if there is one.
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
   * What is noted beside the images of a copy.
   *
   * @param letters dead letters as JSON
   * @param sidecars files that stand beside the images, by extension
   */
  record Notes(List<String> letters, Map<String, Long> sidecars) {}

  /** Receives what is in a copy. */
  interface Receiver {
    void image(ImageRef image) throws IOException;

    void deadLetter(DeadLetter letter);

    void sidecars(Map<String, Long> byExtension);
  }

  /** Reads a list of images that were copied one by one. */
  static void read(Path list, Receiver receiver) throws IOException {
    Location bytes = Location.of(list.resolveSibling(IMAGES));
    try (ImageList images = ImageList.open(Location.of(list))) {
      Iterator<StoredRef> refs = images.iterator(0, images.size());
      while (refs.hasNext()) {
        StoredRef ref = refs.next();
        // The run's folder may have been moved.
        receiver.image(copied((ImageRef) ref, bytes, ref.offset(), ref.length()));
      }
      Notes notes = ConfigJson.read(images.notes(), Notes.class, list.toString());
      notes.letters().forEach(letter -> receiver.deadLetter(DeadLetter.fromJson(letter)));
      receiver.sidecars(notes.sidecars());
    }
  }
}
