package io.swavbeam.model.config;

import java.io.Serializable;

/**
 * How pictures become pixels, and how pixels become crops and views. The images of a run, and of a
 * folder of embeddings, all have the same decoding.
 *
 * @param version version of decoding, cropping and scaling; a change that alters the pixels of any
 *     picture gets a new number
 * @param alpha treatment of transparent pixels
 * @param decode size in which JPEGs are decoded
 */
public record DecodingConfig(int version, Alpha alpha, Decode decode) implements Serializable {
  /**
   * The current version. Version 1 ignored the orientation of PNG files and the canvas of GIF
   * files, dropped alpha, and decoded run-length encoded BMP files wrongly. Version 2 scaled in
   * floats, where version 3 scales as Pillow does, and took the central square by whole pixels of
   * the image. Version 3 truncated PNG files of 16 bits to 8, where version 4 rounds. Version 4
   * decoded lossy WebP files wrongly, was up to five levels off for L*a*b* in TIFF files, and read
   * the first of several bands as grey.
   */
  public static final int CURRENT = 5;

  /** The decoding of runs, models and embeddings of version 0.1, which have no key for it. */
  public static final DecodingConfig FIRST = new DecodingConfig(1, Alpha.DROP, Decode.FULL);

  /** The decoding of new runs: transparent pixels become white, and JPEGs are decoded reduced. */
  public static final DecodingConfig DEFAULT =
      new DecodingConfig(CURRENT, Alpha.WHITE, Decode.SCALED);

  public DecodingConfig {
    ConfigCheck.that(version >= 1, "decoding.version must be at least 1, not %s", version);
  }

  /** Returns the current decoding, with JPEGs in their own size. */
  public static DecodingConfig of(Alpha alpha) {
    return of(alpha, Decode.FULL);
  }

  /** Returns the current decoding. */
  public static DecodingConfig of(Alpha alpha, Decode decode) {
    return new DecodingConfig(CURRENT, alpha, decode);
  }

  /** Returns this decoding with JPEGs decoded in another size. */
  public DecodingConfig withDecode(Decode newDecode) {
    return new DecodingConfig(version, alpha, newDecode);
  }

  /** Returns a text for people: {@code version 5, alpha=white, decode=scaled}. */
  @Override
  public String toString() {
    return "version %d, alpha=%s, decode=%s".formatted(version, alpha, decode);
  }
}
