package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.input.InputFile;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;

/** Keeps in memory the images that listings tell, and nothing else: for few files. */
@Internal
public final class ListedImages implements Archives.Listener {
  private final List<ImageRef> images = new ArrayList<>();
  private final List<ImageRef> sequentialArchives = new ArrayList<>();

  /** Lists files. */
  public static ListedImages of(List<InputFile> files) {
    ListedImages listed = new ListedImages();
    files.forEach(file -> Archives.list(file, ImageLimits.DEFAULT, listed));
    return listed;
  }

  @Override
  public void image(ImageRef ref) {
    (ref.isSequentialArchive() ? sequentialArchives : images).add(ref);
  }

  @Override
  public void deadLetter(DeadLetter letter) {}

  @Override
  public void sidecar(String name) {}

  /** Single images, with their labels. */
  public List<ImageRef> images() {
    return images;
  }

  /** Archives that have to be read from their beginning. */
  public List<ImageRef> sequentialArchives() {
    return sequentialArchives;
  }
}
