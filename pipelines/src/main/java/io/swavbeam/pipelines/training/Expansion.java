package io.swavbeam.pipelines.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Lists the images of archives that can only be read from their beginning, in copies of them;
 * copies may hold such archives again.
 *
 * @param manifest gets the images
 * @param letters gets what cannot be read
 */
record Expansion(
    ImageLimits limits,
    SampleFields fields,
    Copies copies,
    Manifest.Writer manifest,
    TrainingImages.Letters letters,
    SidecarCounts sidecars) {
  // Each layer of compression is a copy; nobody makes more layers than these on purpose.
  private static final int MAX_LAYERS = 6;

  /**
   * Lists an archive.
   *
   * @param fingerprint of the file that it is in
   */
  void expand(StreamedRef ref, String fingerprint) throws IOException {
    expand(ref, fingerprint, 1);
  }

  private void expand(StreamedRef ref, String fingerprint, int layers) throws IOException {
    if (layers > MAX_LAYERS) {
      letters.add(
          new DeadLetter(ref.source(), ref.name(), "list", "it is compressed again and again"));
      return;
    }
    try {
      Path copy = copies.copy(ref, fingerprint);
      if (copy.endsWith(Copies.LIST)) {
        add(copy);
        return;
      }
      boolean told = list(copy, ref, fingerprint, layers + 1);
      Path incomplete = copy.resolveSibling(copy.getFileName() + Copies.INCOMPLETE);
      // If the archive in the copy is cut off with it, the cause has been reported already.
      if (Files.exists(incomplete) && !told) {
        letters.add(new DeadLetter(ref.source(), ref.name(), "read", Files.readString(incomplete)));
      }
    } catch (Copies.StreamingSourceException e) {
      throw e;
    } catch (IOException e) {
      letters.add(new DeadLetter(ref.source(), ref.name(), "read", PassingErrors.describe(e)));
    }
  }

  /** Adds images that were copied one by one. */
  private void add(Path copy) throws IOException {
    Location bytes = Location.of(copy.resolveSibling(Copies.IMAGES));
    try (ImageList list = ImageList.open(Location.of(copy))) {
      Iterator<StoredRef> images = list.iterator(0, list.size());
      while (images.hasNext()) {
        ImageRef image = (ImageRef) images.next();
        manifest.add(
            ImageRef.stored(
                image.source(),
                image.position(),
                bytes,
                image.offset(),
                image.length(),
                image.encoding(),
                image.name(),
                image.label()));
      }
      list.notes().lines().map(DeadLetter::fromJson).forEach(letters::add);
    }
  }

  /**
   * @return whether there was a dead letter of the copy itself
   */
  private boolean list(Path copy, StreamedRef archive, String fingerprint, int layers)
      throws IOException {
    List<StreamedRef> streamed = new ArrayList<>();
    boolean told = false;
    try (ArchiveReader reader =
        ArchiveReader.listCopy(archive, InputFiles.of(copy), limits, fields)) {
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry instanceof Entry.Image image) {
          manifest.add(image.ref());
        } else if (entry instanceof Entry.Streamed inner) {
          streamed.add(inner.ref());
        } else if (entry instanceof Entry.Unusable unusable) {
          told |=
              unusable.letter().source().equals(archive.source())
                  && unusable.letter().name().equals(archive.name());
          letters.add(unusable.letter());
        } else if (entry instanceof Entry.Sidecar sidecar) {
          sidecars.add(sidecar.name());
        }
      }
    }
    for (StreamedRef ref : streamed) {
      expand(ref, fingerprint, layers);
    }
    return told;
  }
}
