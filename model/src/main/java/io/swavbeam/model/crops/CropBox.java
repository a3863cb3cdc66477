package io.swavbeam.model.crops;

/** A rectangle of an image, in pixels. */
record CropBox(int top, int left, int height, int width) {
  private static final int ATTEMPTS = 10;
  private static final double MIN_RATIO = 3.0 / 4;
  private static final double MAX_RATIO = 4.0 / 3;

  /**
   * Draws the box of a random resized crop, as torchvision's {@code RandomResizedCrop.get_params}.
   * The area is a fraction in [minScale, maxScale) of the image. The aspect ratio is in [3/4, 4/3),
   * uniform in its logarithm. If ten attempts do not fit into the image, returns the largest
   * central box with a valid aspect ratio.
   */
  static CropBox random(
      StatelessRandom random, int height, int width, double minScale, double maxScale) {
    double area = (double) height * width;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double target = area * random.uniform(minScale, maxScale);
      double ratio =
          StrictMath.exp(random.uniform(StrictMath.log(MIN_RATIO), StrictMath.log(MAX_RATIO)));
      int w = (int) Math.rint(Math.sqrt(target * ratio));
      int h = (int) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        return new CropBox(random.below(height - h + 1), random.below(width - w + 1), h, w);
      }
    }
    double ratio = (double) width / height;
    int h = ratio < MIN_RATIO ? (int) Math.rint(width / MIN_RATIO) : height;
    int w = ratio > MAX_RATIO ? (int) Math.rint(height * MAX_RATIO) : width;
    return new CropBox((height - h) / 2, (width - w) / 2, h, w);
  }
}
