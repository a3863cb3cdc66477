package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Collects the entries of files. */
public final class Walked {
  /** An image with its bytes. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Image(ImageRef ref, byte[] bytes) {}

  private final ImageLimits limits;
  private final SampleFields fields;
  public final List<ImageRef> images = new ArrayList<>();
  public final List<StreamedRef> streamed = new ArrayList<>();
  public final List<DeadLetter> letters = new ArrayList<>();
  public final List<String> sidecars = new ArrayList<>();

  public Walked(ImageLimits limits, SampleFields fields) {
    this.limits = limits;
    this.fields = fields;
  }

  public Walked() {
    this(ImageLimits.DEFAULT, SampleFields.DEFAULT);
  }

  /** Lists a file. */
  public static Walked of(Path file, SampleFields fields) throws IOException {
    Walked walked = new Walked(ImageLimits.DEFAULT, fields);
    walked.list(InputFiles.named(file.toString()));
    return walked;
  }

  public void list(InputFile file) throws IOException {
    walk(ArchiveReader.list(file, limits, fields), new ArrayList<>());
  }

  /** Reads all images in order: listed images, then those of streams. */
  public List<Image> read() throws IOException {
    List<Image> read = new ArrayList<>();
    try (ImageReader reader = new ImageReader(limits)) {
      for (ImageRef ref : images) {
        try {
          read.add(new Image(ref, reader.read(ref)));
        } catch (IOException e) {
          letters.add(
              new DeadLetter(
                  ref.source(),
                  ref.name(),
                  "read",
                  PassingErrors.describe(e),
                  PassingErrors.kind(e)));
        } catch (UndecodableImageException e) {
          letters.add(new DeadLetter(ref.source(), ref.name(), "read", e.getMessage(), e.kind()));
        }
      }
    }
    for (StreamedRef archive : streamed) {
      read(archive, read);
    }
    return read;
  }

  /** Reads an archive from its beginning. */
  public void read(StreamedRef archive, List<Image> read) throws IOException {
    walk(ArchiveReader.read(archive, limits, fields), read);
  }

  private void walk(ArchiveReader archive, List<Image> read) throws IOException {
    try (archive) {
      for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
        if (entry instanceof Entry.Image image && image.bytes() == null) {
          images.add(image.ref());
        } else if (entry instanceof Entry.Image image) {
          read.add(new Image(image.ref(), image.bytes().clone()));
        } else if (entry instanceof Entry.Streamed archiveInIt) {
          streamed.add(archiveInIt.ref());
        } else if (entry instanceof Entry.Unusable unusable) {
          letters.add(unusable.letter());
        } else if (entry instanceof Entry.Sidecar sidecar) {
          sidecars.add(sidecar.name());
        }
      }
    }
  }
}
