package io.swavbeam.app.demo;

import io.swavbeam.app.evaluation.sample.Splitter;
import io.swavbeam.app.images.ThumbnailRenderer;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import java.io.IOException;
import java.util.List;
import org.tensorflow.types.TUint8;

/** Uses the pixels of images as features, as a baseline for learned features. */
public final class RawPixels {
  private static final int SIDE = 32;

  private RawPixels() {}

  /**
   * Reads the images that have a label, and holds out the same images as of embeddings.
   *
   * @param images references to single images
   * @param share the fraction to hold out, in [0, 1)
   */
  public static Splitter.Split readAndHoldOut(List<ImageRef> images, double share)
      throws IOException {
    Splitter split = new Splitter(share);
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE);
        ThumbnailRenderer renderer = new ThumbnailRenderer(SIDE);
        ImageReader reader = new ImageReader(ImageLimits.DEFAULT)) {
      for (ImageRef ref : images) {
        if (ref.label() == null) {
          continue;
        }
        try (TUint8 image = decoder.decode(reader.read(ref), ref.encoding())) {
          split.add(ref.name(), ref.label(), floats(renderer.pixels(image)));
        } catch (UndecodableImageException e) {
          // The image has no embedding either, and a dead letter with the reason.
        }
      }
    }
    return split.result();
  }

  private static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = Byte.toUnsignedInt(bytes[i]);
    }
    return values;
  }
}
