package io.swavbeam.model.config;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The crops of one size that are taken from each image.
 *
 * @param count number of crops from an image, at least 1
 * @param size height and width of each crop in pixels, at least {@value #MIN_SIZE}
 * @param minScale smallest fraction of the image's area that a crop covers, in (0, maxScale]
 * @param maxScale largest fraction of the image's area that a crop covers, at most 1
 */
public record CropSpec(int count, int size, double minScale, double maxScale)
    implements Serializable {
  /** The blur reflects the border of a crop, which must be large enough for that. */
  public static final int MIN_SIZE = 8;

  private static final int MAX_SIZE = 1 << 13;
  private static final int MAX_CROPS = 1 << 10;

  private static final Pattern SHORT =
      Pattern.compile("(\\d{1,6})x(\\d{1,6}):(\\d*\\.?\\d+)-(\\d*\\.?\\d+)");

  public CropSpec {
    ConfigCheck.that(count >= 1, "crops.count must be at least 1, not %s", count);
    ConfigCheck.that(size >= MIN_SIZE, "crops.size must be at least %s, not %s", MIN_SIZE, size);
    ConfigCheck.atMost("crops.count", count, MAX_CROPS);
    ConfigCheck.atMost("crops.size", size, MAX_SIZE);
    ConfigCheck.that(
        0 < minScale && minScale <= maxScale && maxScale <= 1,
        "crops.minScale and maxScale must satisfy 0 < min <= max <= 1, not %s and %s",
        minScale,
        maxScale);
  }

  /**
   * Reads the short form {@code 2x224:0.14-1}: count, size, and the range of the scale.
   *
   * @throws InvalidConfigException if it is something else
   */
  public static CropSpec parse(String text) {
    Matcher matcher = SHORT.matcher(text);
    ConfigCheck.that(
        matcher.matches(),
        "crops look like 2x224:0.14-1 (count, size, smallest and largest scale), not %s",
        text);
    return new CropSpec(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Double.parseDouble(matcher.group(3)),
        Double.parseDouble(matcher.group(4)));
  }
}
