package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.types.TUint8;

/** A sample of the images of a run, at equal distances. */
public final class ImageSample {
  private static final int SIZES = 64;
  private static final int COLOURS = 8; // the number of images that are decoded

  private ImageSample() {}

  /** Returns the properties of some images. Images that cannot be read are left out. */
  public static RunImages.Sample of(TrainingImages found, ImageLimits limits) throws IOException {
    List<Integer> sides = new ArrayList<>();
    boolean grey = true;
    long count = Math.min(SIZES, found.images());
    try (Manifest images = found.open();
        ImageReader reader = new ImageReader(limits);
        ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (long i = 0; i < count; i++) {
        ImageRef ref = images.get(i * found.images() / count);
        try {
          byte[] bytes = reader.read(ref);
          ImageDecoder.shorterSide(bytes, ref.encoding()).ifPresent(sides::add);
          grey = grey && (i >= COLOURS || isGrey(decoder, bytes, ref, limits));
        } catch (ArchiveException | UndecodableImageException e) {
          // Skipped. Training counts and reports such images.
        }
      }
    }
    sides.sort(null);
    int median = sides.isEmpty() ? 0 : sides.get(sides.size() / 2);
    return new RunImages.Sample(sides.size(), median, grey && !sides.isEmpty());
  }

  private static boolean isGrey(
      ImageDecoder decoder, byte[] bytes, ImageRef ref, ImageLimits limits)
      throws UndecodableImageException {
    try (TUint8 image = decoder.decode(bytes, ref.encoding(), limits)) {
      byte[] pixels = new byte[Math.toIntExact(image.size())];
      image.asRawTensor().data().read(pixels);
      for (int i = 0; i < pixels.length; i += 3) {
        if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2]) {
          return false;
        }
      }
      return true;
    }
  }
}
