package io.swavbeam.model.crops;

import io.swavbeam.model.config.AugmentationConfig;
import io.swavbeam.model.config.CropSpec;
import java.util.Arrays;

/**
 * The random parameters of one crop.
 *
 * <p>They are exactly the same on every machine, because logarithms and exponentials are computed
 * with {@link StrictMath}.
 *
 * @param box the box to cut out
 * @param flip whether the crop is flipped horizontally
 * @param jitter the colour jitter, or {@link Jitter#NONE}
 * @param grey whether the crop is converted to greyscale
 * @param blurSigma the standard deviation of the blur in pixels; 0 for no blur
 */
record CropParameters(CropBox box, boolean flip, Jitter jitter, boolean grey, double blurSigma) {
  private static final double MIN_SIGMA = 0.1;
  static final double MAX_SIGMA = 2;

  /**
   * A colour jitter: brightness, contrast, saturation and hue, in a random order.
   *
   * @param order the order, a permutation of {@link #BRIGHTNESS} to {@link #HUE}
   * @param factors the factors of brightness, contrast and saturation; 1 changes nothing
   * @param hue the shift of the hue in turns, in [-0.5, 0.5]
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

    /** Returns whether any of the four operations changes a colour. */
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
   * Draws the parameters of one crop. A pure function of its arguments.
   *
   * @param seed the seed of the run
   * @param position the position of the image in the training run
   * @param crop the number of the crop of the image
   * @param height the height of the image in pixels
   * @param width the width of the image in pixels
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
