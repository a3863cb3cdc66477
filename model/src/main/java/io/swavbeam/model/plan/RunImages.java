package io.swavbeam.model.plan;

/**
 * The images of a run.
 *
 * @param images number of images
 * @param manifest digest of their names and places, in order
 * @param content digest of the bytes of their files, in order
 * @param sample the result of looking at some of them
 */
public record RunImages(long images, String manifest, String content, Sample sample) {
  /**
   * The properties of some images of a run.
   *
   * @param looked the number of sampled images
   * @param side the median of their shorter sides, in pixels
   * @param grey whether all of them are grey
   */
  public record Sample(int looked, int side, boolean grey) {
    /** The sample of a run whose recipe does not depend on its images. */
    public static final Sample NONE = new Sample(0, 0, false);
  }
}
