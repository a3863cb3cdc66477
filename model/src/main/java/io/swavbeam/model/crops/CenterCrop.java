package io.swavbeam.model.crops;

import io.swavbeam.model.config.EvaluationConfig;
import java.util.List;
import org.tensorflow.Result;
import org.tensorflow.types.TUint8;

/**
 * The view of an image that is embedded: its shorter side scaled to {@code resize}, and the square
 * in the middle, antialiased. Safe for use by several threads at once.
 */
public final class CenterCrop implements AutoCloseable {
  private final EvaluationConfig evaluation;
  private final CropResizer resizer;

  public CenterCrop(EvaluationConfig evaluation) {
    this.evaluation = evaluation;
    resizer = new CropResizer(evaluation.imageSize());
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
    CropBox box = CropBox.middle(height, width, evaluation);
    if (box.equals(new CropBox(0, 0, evaluation.imageSize(), evaluation.imageSize()))
        && height == width) {
      copy(image, batch, index);
      return;
    }
    try (Result result = resizer.crop(image, List.of(box))) {
      copy((TUint8) result.get(0), batch, index);
    }
  }

  private static void copy(TUint8 view, TUint8 batch, int index) {
    view.asRawTensor()
        .data()
        .copyTo(batch.asRawTensor().data().slice(index * view.size(), view.size()), view.size());
  }

  @Override
  public void close() {
    resizer.close();
  }
}
