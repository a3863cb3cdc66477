package io.swavbeam.pipelines.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A list of images with their labels in memory. Only for small inputs. */
public final class ListedImages implements ArchiveCopies.Receiver {
  private final List<ImageRef> images = new ArrayList<>();

  private ListedImages() {}

  /**
   * Lists the images of files.
   *
   * @param copies copies of archives that can only be read from their beginning; must be new
   */
  public static List<ImageRef> of(List<InputFile> files, ArchiveCopies copies) throws IOException {
    ListedImages listed = new ListedImages();
    for (InputFile file : files) {
      try (ArchiveReader archive =
          ArchiveReader.list(file, ImageLimits.DEFAULT, SampleFields.DEFAULT)) {
        for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
          if (entry instanceof Entry.Image image) {
            listed.image(image.ref());
          } else if (entry instanceof Entry.Streamed streamed) {
            ArchiveCopies.read(copies.copy(streamed.ref(), ""), listed);
          }
        }
      }
    }
    return listed.images;
  }

  @Override
  public void image(ImageRef image) {
    images.add(image);
  }

  @Override
  public void deadLetter(DeadLetter letter) {}

  @Override
  public void sidecars(Map<String, Long> byExtension) {}
}
