package io.swavbeam.model.config;

import java.io.Serializable;

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

  /** The decoding of new runs: transparent pixels become white, and JPEGs are decoded reduced. */
  public static final DecodingConfig DEFAULT =
      new DecodingConfig(CURRENT, Alpha.WHITE, Decode.SCALED);

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

  /** For people: {@code version 5, alpha=white, decode=scaled}. */
  @Override
  public String toString() {
    return "version %d, alpha=%s, decode=%s".formatted(version, alpha, decode);
  }
}
