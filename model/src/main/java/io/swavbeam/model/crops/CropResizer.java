package io.swavbeam.model.crops;

import io.swavbeam.model.tensorflow.Sessions;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.ScaleAndTranslate;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;

/**
 * Cuts boxes out of an image and scales them to squares of fixed sizes: bilinear, and antialiased
 * where it shrinks, as Pillow does it. A box knows nothing of the pixels around it.
 *
 * <p>Safe for use by several threads at once.
 */
final class CropResizer implements AutoCloseable {
  private static final int BOX_LENGTH = 6; // top, left, 0; height, width, 3

  private final int[] sizes;
  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TUint8> image;
  private final Placeholder<TInt32> boxes;
  private final Placeholder<TFloat32> scales;
  private final List<Operand<TUint8>> crops = new ArrayList<>();

  /**
   * @param sizes height and width of each crop, in pixels
   */
  CropResizer(int... sizes) {
    this.sizes = sizes.clone();
    Ops tf = Ops.create(graph);
    image = tf.placeholder(TUint8.class);
    boxes = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(sizes.length, 2, 3)));
    scales = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(sizes.length, 2)));
    List<? extends Operand<TInt32>> corners =
        tf.unstack(tf.reshape(boxes, tf.constant(new int[] {-1, 3})), 2L * sizes.length).output();
    List<? extends Operand<TFloat32>> eachScale = tf.unstack(scales, (long) sizes.length).output();
    Operand<TFloat32> noShift = tf.constant(new float[] {0, 0});
    for (int crop = 0; crop < sizes.length; crop++) {
      Operand<TUint8> box = tf.slice(image, corners.get(2 * crop), corners.get(2 * crop + 1));
      Operand<TFloat32> scaled =
          tf.image.scaleAndTranslate(
              tf.expandDims(box, tf.constant(0)),
              tf.constant(new int[] {sizes[crop], sizes[crop]}),
              eachScale.get(crop),
              noShift,
              ScaleAndTranslate.kernelType("triangle"),
              ScaleAndTranslate.antialias(true));
      crops.add(tf.dtypes.cast(tf.math.add(scaled, tf.constant(0.5f)), TUint8.class));
    }
    session = Sessions.openSmall(graph);
  }

  /**
   * Cuts and scales.
   *
   * @param pixels {@code [height, width, 3] uint8}
   * @param cut one box for each size, inside of the image
   * @return for each size {@code [1, size, size, 3] uint8}, to be closed by the caller
   */
  Result crop(TUint8 pixels, List<CropBox> cut) {
    int[] corners = new int[cut.size() * BOX_LENGTH];
    float[] factors = new float[cut.size() * 2];
    for (int i = 0; i < cut.size(); i++) {
      CropBox box = cut.get(i);
      int at = i * BOX_LENGTH;
      corners[at] = box.top();
      corners[at + 1] = box.left();
      corners[at + 3] = box.height();
      corners[at + 4] = box.width();
      corners[at + 5] = 3;
      factors[2 * i] = (float) sizes[i] / box.height();
      factors[2 * i + 1] = (float) sizes[i] / box.width();
    }
    try (TInt32 fedBoxes = TInt32.tensorOf(boxes.shape(), DataBuffers.of(corners));
        TFloat32 fedScales = TFloat32.tensorOf(scales.shape(), DataBuffers.of(factors))) {
      Session.Runner runner =
          session.runner().feed(image, pixels).feed(boxes, fedBoxes).feed(scales, fedScales);
      crops.forEach(runner::fetch);
      return runner.run();
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
