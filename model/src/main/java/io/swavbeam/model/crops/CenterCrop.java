package io.swavbeam.model.crops;

import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.image.Picture;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * The view of an image that is embedded: torchvision's {@code Resize(resize)} and {@code
 * CenterCrop(size)} for Pillow images. The shorter side is scaled to {@code resize}, and the
 * central square is cut out. Pixels outside the square are not computed.
 *
 * <p>Thread-safe.
 */
public final class CenterCrop {
  /** The smallest ratio of the size of a reduced picture to the size of its view. */
  static final double SPARE = 2;

  private final int resize;
  private final int size;

  public CenterCrop(EvaluationConfig evaluation) {
    resize = evaluation.resize();
    size = evaluation.imageSize();
  }

  /**
   * Returns how far an image may be reduced. A reduced image is at least twice as large as the size
   * that it is scaled to.
   */
  public int reduction(int height, int width) {
    return Picture.Reduction.leaving(SPARE * resize, Math.min(height, width));
  }

  /**
   * Writes the view of one image into a batch.
   *
   * @param image {@code [height, width, 3] uint8}; not closed
   * @param batch {@code [images, size, size, 3] uint8}
   * @param index the index in the batch
   */
  public void write(TUint8 image, TUint8 batch, int index) {
    write(Picture.whole(image), batch, index);
  }

  /**
   * Writes the view of one image into a batch.
   *
   * @param picture the image; not closed
   * @param batch {@code [images, size, size, 3] uint8}
   * @param index the index in the batch
   */
  public void write(Picture picture, TUint8 batch, int index) {
    int height = picture.height();
    int width = picture.width();
    ByteDataBuffer view = batch.asRawTensor().data().offset((long) index * size * size * 3);
    if (height == size && width == size && resize == size) {
      picture.pixels().asRawTensor().data().copyTo(view, picture.pixels().size());
      return;
    }
    byte[] square = new byte[size * size * 3];
    new CropResizer().middle(picture, scaled(height, width), scaled(width, height), size, square);
    view.write(square);
  }

  /** Returns the length of a side if the shorter one is scaled to {@code resize}. */
  private long scaled(int side, int other) {
    return side <= other ? resize : (long) resize * side / other;
  }
}
