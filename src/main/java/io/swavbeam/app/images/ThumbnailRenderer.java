package io.swavbeam.app.images;

import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.crops.CenterCrop;
import io.swavbeam.model.image.RgbPicture;
import java.awt.image.BufferedImage;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/** A renderer of thumbnails of the central square, antialiased. Not thread-safe. */
public final class ThumbnailRenderer implements AutoCloseable {
  private final int side;
  private final CenterCrop crop;
  private final TUint8 view;

  /**
   * @param side the side of the thumbnails in pixels
   */
  public ThumbnailRenderer(int side) {
    this.side = side;
    crop = new CenterCrop(new EvaluationConfig(side, side));
    view = TUint8.tensorOf(Shape.of(1, side, side, 3));
  }

  /**
   * Renders a thumbnail.
   *
   * @param image {@code [height, width, 3] uint8}; not closed
   */
  public BufferedImage thumbnail(TUint8 image) {
    return RgbPicture.of(pixels(image), side, side);
  }

  /**
   * Renders a thumbnail as bytes: red, green and blue of each pixel, row by row.
   *
   * @param image {@code [height, width, 3] uint8}; not closed
   */
  public byte[] pixels(TUint8 image) {
    crop.write(image, view, 0);
    byte[] bytes = new byte[side * side * 3];
    view.asRawTensor().data().read(bytes);
    return bytes;
  }

  @Override
  public void close() {
    view.close();
  }
}
