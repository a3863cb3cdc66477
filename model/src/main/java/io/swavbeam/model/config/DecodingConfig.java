package io.swavbeam.model.config;

import java.io.Serializable;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How pictures become pixels, and pixels the crops and views that the network sees. Two ways never
 * mix in one run, nor in one folder of embeddings.
 *
 * @param version of decoding, cropping and scaling: what makes other pixels of any picture has
 *     another number
 * @param alpha what becomes of transparent pixels
 * @param decode in which size JPEGs are decoded
 */
public record DecodingConfig(int version, Alpha alpha, Decode decode) implements Serializable {
  /**
   * The version of this software. 1 ignored the orientation of PNG files and the canvas of GIF
   * files, dropped alpha, and got BMP files with runs wrong. 2 scaled in floats, where 3 does as
   * Pillow, and took the square in the middle by whole pixels of the image. 3 cut PNG files of 16
   * bits off to 8, where 4 rounds. 4 got lossy WebP files wrong, L*a*b* in TIFF files by five
   * levels, and took the first band of several for grey.
   */
  public static final int CURRENT = 5;

  /** The decoding of runs, models and embeddings that do not name one. */
  public static final DecodingConfig FIRST = new DecodingConfig(1, Alpha.DROP, Decode.FULL);

  /** That of new runs: transparent pictures on white, and JPEGs reduced. */
  public static final DecodingConfig DEFAULT =
      new DecodingConfig(CURRENT, Alpha.WHITE, Decode.SCALED);

  static final String DECODE = "decode";

  /** The values of these keys where decodings were written before the keys existed. */
  public static final Map<String, Object> BEFORE_KEYS = Map.of(DECODE, Decode.FULL);

  private static final String PIXELS = "-pixels";
  private static final Pattern IN_MODEL_ID =
      Pattern.compile(PIXELS + "(\\d{1,9})(?:-(drop))?(?:-(scaled))?$");

  public DecodingConfig {
    ConfigCheck.that(version >= 1, "decoding.version must be at least 1, not %s", version);
  }

  /** This decoder's, with JPEGs in their own size. */
  public static DecodingConfig of(Alpha alpha) {
    return of(alpha, Decode.FULL);
  }

  /** This decoder's. */
  public static DecodingConfig of(Alpha alpha, Decode decode) {
    return new DecodingConfig(CURRENT, alpha, decode);
  }

  /** This decoding with JPEGs decoded in another size. */
  public DecodingConfig withDecode(Decode newDecode) {
    return new DecodingConfig(version, alpha, newDecode);
  }

  /**
   * What is appended to a model's id, so that it names the decoding; empty for the first version.
   */
  public String suffix() {
    if (equals(FIRST)) {
      return "";
    }
    return PIXELS
        + version
        + (alpha == Alpha.WHITE ? "" : "-" + alpha)
        + (decode == Decode.FULL ? "" : "-" + decode);
  }

  /** The decoding that the {@code model} of an embedding names. */
  public static DecodingConfig ofModelId(String id) {
    Matcher matcher = IN_MODEL_ID.matcher(id);
    return matcher.find()
        ? new DecodingConfig(
            Integer.parseInt(matcher.group(1)),
            matcher.group(2) == null ? Alpha.WHITE : Alpha.DROP,
            matcher.group(3) == null ? Decode.FULL : Decode.SCALED)
        : FIRST;
  }

  /** For people: {@code version 5, alpha=white, decode=scaled}. */
  @Override
  public String toString() {
    return "version %d, alpha=%s, decode=%s".formatted(version, alpha, decode);
  }
}
