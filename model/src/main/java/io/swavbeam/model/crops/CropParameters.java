package io.swavbeam.model.crops;

import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import java.util.Arrays;

/**
 * All that chance decides about one crop.
 *
 * <p>It is exactly the same on every machine: logarithms and exponentials are those of {@link
 * StrictMath}.
 *
 * @param box what is cut out
 * @param flip whether it is mirrored left to right
 * @param jitter the colour jitter, or {@link Jitter#NONE}
 * @param grey whether it loses its colours
 * @param blurSigma standard deviation of the blur in pixels, 0 for none
 */
record CropParameters(CropBox box, boolean flip, Jitter jitter, boolean grey, double blurSigma) {
  private static final double MIN_SIGMA = 0.1;
  static final double MAX_SIGMA = 2;

  /**
   * A colour jitter: three blends and a turn of the hue, in some order.
   *
   * @param order of the four, a permutation of {@link #BRIGHTNESS} to {@link #HUE}
   * @param factors of brightness, contrast and saturation: 1 changes nothing
   * @param hue turn of the colour circle, in [-0.5, 0.5]
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Jitter(int[] order, double[] factors, double hue) {
    static final int BRIGHTNESS = 0;
    static final int CONTRAST = 1;
    static final int SATURATION = 2;
    static final int HUE = 3;

    static final Jitter NONE = new Jitter(new int[] {0, 1, 2, 3}, new double[] {1, 1, 1}, 0);

    private static final double BLEND_STRENGTH = 0.8;
    private static final double HUE_STRENGTH = 0.2;

    /** Whether any of the four changes a colour. */
    boolean changes() {
      return hue != 0 || Arrays.stream(factors).anyMatch(factor -> factor != 1);
    }

    private static Jitter random(StatelessRandom random, double strength) {
      double blend = BLEND_STRENGTH * strength;
      double[] factors = new double[3];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = random.uniform(Math.max(0, 1 - blend), 1 + blend);
      }
      double turn = HUE_STRENGTH * strength;
      return new Jitter(random.permutation(4), factors, random.uniform(-turn, turn));
    }
  }

  /**
   * Draws the parameters of one crop: a pure function of its arguments.
   *
   * @param seed of the run
   * @param position of the image in the training run
   * @param crop number of the crop among the image's
   * @param height of the image in pixels
   * @param width of the image in pixels
   */
  static CropParameters draw(
      long seed,
      long position,
      int crop,
      int height,
      int width,
      CropSpec spec,
      AugmentationConfig augmentation) {
    StatelessRandom random = StatelessRandom.of(seed, position, crop);
    CropBox box = CropBox.random(random, height, width, spec.minScale(), spec.maxScale());
    boolean flip = random.chance(augmentation.flip());
    Jitter jitter =
        random.chance(augmentation.jitter())
            ? Jitter.random(random, augmentation.jitterStrength())
            : Jitter.NONE;
    boolean grey = random.chance(augmentation.grey());
    double sigma = random.chance(augmentation.blur()) ? random.uniform(MIN_SIGMA, MAX_SIGMA) : 0;
    return new CropParameters(box, flip, jitter, grey, sigma);
  }
}
