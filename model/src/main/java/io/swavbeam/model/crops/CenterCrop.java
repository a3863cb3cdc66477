package io.swavbeam.model.crops;

import io.swavbeam.model.config.EvaluationConfig;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * The view of an image that is embedded, as torchvision's {@code Resize(resize)} and {@code
 * CenterCrop(size)} make it of Pillow's images: the shorter side scaled to {@code resize}, and the
 * square in the middle. What is not in the square is not computed.
 *
 * <p>Safe for use by several threads at once.
 */
public final class CenterCrop {
  private final int resize;
  private final int size;

  public CenterCrop(EvaluationConfig evaluation) {
    resize = evaluation.resize();
    size = evaluation.imageSize();
  }

  /**
   * Writes the view of one image into a batch.
   *
   * @param image {@code [height, width, 3] uint8}; it stays the caller's
   * @param batch {@code [images, size, size, 3] uint8}
   * @param index in the batch
   */
  public void write(TUint8 image, TUint8 batch, int index) {
    int height = (int) image.shape().get(0);
    int width = (int) image.shape().get(1);
    ByteDataBuffer view = batch.asRawTensor().data().offset((long) index * size * size * 3);
    if (height == size && width == size && resize == size) {
      image.asRawTensor().data().copyTo(view, image.size());
      return;
    }
    byte[] square = new byte[size * size * 3];
    new CropResizer().middle(image, scaled(height, width), scaled(width, height), size, square);
    view.write(square);
  }

  /** The length of a side when the shorter one is scaled to {@code resize}. */
  private long scaled(int side, int other) {
    return side <= other ? resize : (long) resize * side / other;
  }
}
