package io.swavbeam.app.crops;

import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.crops.MultiCrop;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.monitoring.CropSheet;
import java.awt.image.BufferedImage;
import java.util.List;
import org.tensorflow.types.TUint8;

/** A picture of the crops of a recipe, with a row per image. */
public final class CropsPicture {
  private CropsPicture() {}

  /**
   * Draws crops.
   *
   * @param images the images; not closed
   * @param seed the seed of the crops
   */
  public static BufferedImage draw(SwavConfig recipe, List<Picture> images, long seed) {
    try (MultiCrop.Batch batch = new MultiCrop(recipe).batch(images.size(), seed, 0)) {
      images.forEach(image -> batch.add(image));
      List<TUint8> crops = batch.finish();
      try {
        return CropSheet.draw(recipe.crops(), crops);
      } finally {
        crops.forEach(TUint8::close);
      }
    }
  }
}
