package io.swavbeam.app.images;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageReader;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.TrainingImages;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.tensorflow.types.TUint8;

/** The images of an input, one after the other, for commands that need few and no pipeline. */
public final class ReadableImages {
  private ReadableImages() {}

  /** Gets the images. */
  public interface Visitor {
    /**
     * Takes an image.
     *
     * @param image {@code [height, width, 3] uint8}, to be closed by this
     * @return whether there may be more
     */
    boolean visit(ImageRef ref, TUint8 image);
  }

  /**
   * Visits what can be decoded, in order.
   *
   * @param inputs paths, folders, patterns and archives
   * @param alpha what becomes of transparent pixels
   * @param leftOut gets a line for each image that is left out
   */
  public static void visit(
      List<String> inputs,
      ImageLimits limits,
      Alpha alpha,
      Consumer<String> leftOut,
      Visitor visitor)
      throws IOException {
    TrainingImages found = TrainingImages.list(InputFiles.find(inputs), limits);
    found.requireImages();
    List<ImageRef> refs = found.images();
    try (ImageDecoder decoder = new ImageDecoder(alpha);
        ImageReader reader = new ImageReader(limits)) {
      boolean more = true;
      for (int i = 0; i < refs.size() && more; i++) {
        ImageRef ref = refs.get(i);
        try {
          more = visitor.visit(ref, decoder.decode(reader.read(ref), ref.encoding(), limits));
        } catch (ArchiveException e) {
          leftOut.accept("%s of %s: %s".formatted(ref.name(), ref.file(), Archives.describe(e)));
        } catch (UndecodableImageException e) {
          leftOut.accept("%s of %s: %s".formatted(ref.name(), ref.file(), e.getMessage()));
        }
      }
    }
  }
}
