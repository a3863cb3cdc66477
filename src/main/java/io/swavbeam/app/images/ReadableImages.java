package io.swavbeam.app.images;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.run.TemporaryFolder;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * A reader of the images of an input one by one, for commands that need few images and no pipeline.
 */
public final class ReadableImages {
  private ReadableImages() {}

  /** Receives the images. */
  public interface Visitor {
    /**
     * Called for each image.
     *
     * @param image the image, to be closed by this method
     * @return whether to continue
     */
    boolean visit(ImageRef ref, Picture image);
  }

  /**
   * Visits the images that can be decoded, in order.
   *
   * @param inputs paths, folders, patterns and archives
   * @param decoding the decoding
   * @param reduction the largest reduction of an image
   * @param leftOut called with a line for each image that is skipped
   */
  public static void visit(
      List<String> inputs,
      ImageLimits limits,
      DecodingConfig decoding,
      Picture.Reduction reduction,
      Consumer<String> leftOut,
      Visitor visitor)
      throws IOException {
    try (TemporaryFolder temporary = new TemporaryFolder("swav-images-");
        TrainingImages found =
            TrainingImages.list(
                inputs,
                new Listings(Folder.of(temporary.path()), limits),
                ArchiveCopies.NONE,
                temporary.path());
        Manifest images = found.open();
        ImageDecoder decoder = new ImageDecoder(decoding);
        ImageReader reader = new ImageReader(limits)) {
      found.requireImages();
      boolean more = true;
      for (Iterator<ImageRef> refs = images.iterator(); more && refs.hasNext(); ) {
        ImageRef ref = refs.next();
        try {
          more =
              visitor.visit(
                  ref, decoder.decode(reader.read(ref), ref.encoding(), limits, reduction));
        } catch (ArchiveException e) {
          leftOut.accept(
              "%s of %s: %s".formatted(ref.name(), ref.file(), PassingErrors.describe(e)));
        } catch (UndecodableImageException e) {
          leftOut.accept("%s of %s: %s".formatted(ref.name(), ref.file(), e.getMessage()));
        }
      }
    }
  }
}
