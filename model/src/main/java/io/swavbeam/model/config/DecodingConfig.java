package io.swavbeam.model.config;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How pictures become pixels, and pixels the crops and views that the network sees. Two ways never
 * mix in one run, nor in one folder of embeddings.
 *
 * @param version of decoding, cropping and scaling: what makes other pixels of any picture has
 *     another number
 * @param alpha what becomes of transparent pixels
 */
public record DecodingConfig(int version, Alpha alpha) implements Serializable {
  /**
   * The version of this software. 1 ignored the orientation of PNG files and the canvas of GIF
   * files, dropped alpha, and got BMP files with runs wrong. 2 scaled in floats, where 3 does as
   * Pillow, and took the square in the middle by whole pixels of the image.
   */
  public static final int CURRENT = 3;

  /** The decoding of runs, models and embeddings that do not name one. */
  public static final DecodingConfig FIRST = new DecodingConfig(1, Alpha.DROP);

  private static final String PIXELS = "-pixels";
  private static final Pattern IN_MODEL_ID = Pattern.compile(PIXELS + "(\\d{1,9})(?:-(drop))?$");

  public DecodingConfig {
    ConfigCheck.that(version >= 1, "decoding.version must be at least 1, not %s", version);
  }

  /** This decoder's. */
  public static DecodingConfig of(Alpha alpha) {
    return new DecodingConfig(CURRENT, alpha);
  }

  /**
   * What is appended to a model's id, so that it names the decoding; empty for the first version.
   */
  public String suffix() {
    if (equals(FIRST)) {
      return "";
    }
    return PIXELS + version + (alpha == Alpha.WHITE ? "" : "-" + alpha);
  }

  /** The decoding that the {@code model} of an embedding names. */
  public static DecodingConfig ofModelId(String id) {
    Matcher matcher = IN_MODEL_ID.matcher(id);
    return matcher.find()
        ? new DecodingConfig(
            Integer.parseInt(matcher.group(1)), matcher.group(2) == null ? Alpha.WHITE : Alpha.DROP)
        : FIRST;
  }

  /** For people: {@code version 3, alpha=white}. */
  @Override
  public String toString() {
    return "version %d, alpha=%s".formatted(version, alpha);
  }
}
