package io.swavbeam.app.demo;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.InputFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of an archive that can be read one by one. What is damaged in it, training reports.
 */
final class ArchiveImages {
  private ArchiveImages() {}

  static List<ImageRef> list(Path archive) throws IOException {
    List<ImageRef> images = new ArrayList<>();
    for (InputFile file : InputFiles.find(List.of(archive.toString()))) {
      Archives.list(
          file,
          new Archives.Listener() {
            @Override
            public void image(ImageRef ref) {
              if (!ref.isStream()) {
                images.add(ref);
              }
            }

            @Override
            public void deadLetter(DeadLetter letter) {}

            @Override
            public void ignored(String name) {}
          });
    }
    return images;
  }
}
