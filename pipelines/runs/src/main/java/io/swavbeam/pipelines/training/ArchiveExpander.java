package io.swavbeam.pipelines.training;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Lists the images of archives that can only be read from their beginning, in copies of them.
 *
 * @param manifest receives the images
 * @param letters receives the dead letters
 */
record ArchiveExpander(
    ImageLimits limits,
    SampleFields fields,
    ArchiveCopies copies,
    Manifest.Writer manifest,
    TrainingImages.Letters letters,
    SidecarCounts sidecars)
    implements ArchiveCopies.Receiver {
  /** The file with the error of an incomplete archive, beside a copy of an earlier version. */
  private static final String INCOMPLETE = ".incomplete";

  /**
   * Lists an archive.
   *
   * @param fingerprint the fingerprint of the file that contains it
   */
  void expand(StreamedRef ref, String fingerprint) throws IOException {
    Path copy = copies.copy(ref, fingerprint);
    if (copy.endsWith(ArchiveCopies.LIST)) {
      ArchiveCopies.read(copy, this);
    } else {
      listEarlier(ref, copy, fingerprint);
    }
  }

  /** Lists a copy of a whole file, which may contain archives with copies of their own. */
  private void listEarlier(StreamedRef archive, Path copy, String fingerprint) throws IOException {
    try (ArchiveReader reader =
        ArchiveReader.listCopy(archive, InputFiles.of(copy), limits, fields)) {
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry instanceof Entry.Image image) {
          image(image.ref());
        } else if (entry instanceof Entry.Streamed inner) {
          expand(inner.ref(), fingerprint);
        } else if (entry instanceof Entry.Unusable unusable) {
          deadLetter(unusable.letter());
        } else if (entry instanceof Entry.Sidecar sidecar) {
          sidecars.add(sidecar.name());
        }
      }
    }
    Path incomplete = copy.resolveSibling(copy.getFileName() + INCOMPLETE);
    if (Files.exists(incomplete)) {
      deadLetter(
          new DeadLetter(
              archive.source(),
              archive.name(),
              "read",
              Files.readString(incomplete),
              ErrorKind.DAMAGED));
    }
  }

  @Override
  public void image(ImageRef image) throws IOException {
    manifest.add(image);
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    letters.add(letter);
  }

  @Override
  public void sidecars(Map<String, Long> byExtension) {
    sidecars.addAll(byExtension);
  }
}
