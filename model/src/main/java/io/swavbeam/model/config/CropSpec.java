package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * Some crops of one size that are taken of every image.
 *
 * @param count crops an image, at least 1
 * @param size height and width of each crop in pixels, at least {@value #SMALLEST}
 * @param minScale smallest share of the image's area that a crop covers, in (0, maxScale]
 * @param maxScale largest share of the image's area that a crop covers, at most 1
 */
public record CropSpec(int count, int size, double minScale, double maxScale)
    implements Serializable {
  /** Smaller crops have no room for the reflected border of the blur. */
  public static final int SMALLEST = 8;

  public CropSpec {
    Check.that(count >= 1, "crops.count must be at least 1, not %s", count);
    Check.that(size >= SMALLEST, "crops.size must be at least %s, not %s", SMALLEST, size);
    Check.that(
        0 < minScale && minScale <= maxScale && maxScale <= 1,
        "crops.minScale and maxScale must satisfy 0 < min <= max <= 1, not %s and %s",
        minScale,
        maxScale);
  }
}
