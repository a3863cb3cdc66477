package io.swavbeam.pipelines.training;

import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;

/** Lists images with their labels in memory, and nothing else: for few files. */
@Internal
public final class ListedImages {
  private ListedImages() {}

  /**
   * The images of files.
   *
   * @param copies of archives that have to be read from their beginning
   */
  public static List<ImageRef> of(List<InputFile> files, Copies copies) throws IOException {
    List<ImageRef> images = new ArrayList<>();
    for (InputFile file : files) {
      add(ArchiveReader.list(file, ImageLimits.DEFAULT, SampleFields.DEFAULT), copies, images);
    }
    return images;
  }

  private static void add(ArchiveReader archive, Copies copies, List<ImageRef> images)
      throws IOException {
    try (archive) {
      for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
        if (entry instanceof Entry.Image image) {
          images.add(image.ref());
        } else if (entry instanceof Entry.Streamed streamed) {
          InputFile copy = InputFiles.of(copies.copy(streamed.ref(), ""));
          add(
              ArchiveReader.listCopy(
                  streamed.ref(), copy, ImageLimits.DEFAULT, SampleFields.DEFAULT),
              copies,
              images);
        }
      }
    }
  }
}
