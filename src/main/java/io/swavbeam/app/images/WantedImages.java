package io.swavbeam.app.images;

import io.swavbeam.pipelines.archive.SampleFields;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Images that are asked for one by one, and then read at once, file by file. */
public final class WantedImages {
  private final Map<String, Map<ImageKey, Integer>> byFile = new TreeMap<>();
  private int size;

  /** Gets the images. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes the thumbnail of the image with a number. */
    void visit(int number, BufferedImage thumbnail);
  }

  /**
   * Asks for an image.
   *
   * @return its number, from 0, the same for the same image
   */
  public int add(ImageKey image) {
    Map<ImageKey, Integer> ofFile =
        byFile.computeIfAbsent(image.file(), any -> new LinkedHashMap<>());
    Integer known = ofFile.putIfAbsent(image, size);
    return known == null ? size++ : known;
  }

  /** How many images were asked for. */
  public int size() {
    return size;
  }

  /**
   * Reads what was asked for.
   *
   * @param fields of samples that were embedded
   * @param side of the thumbnails, in pixels
   * @return what could not be read and why, a line for each file
   */
  public List<String> read(SampleFields fields, int side, Visitor visitor) throws IOException {
    try (SourceImages images = new SourceImages(fields);
        ThumbnailRenderer renderer = new ThumbnailRenderer(side)) {
      byFile.forEach(
          (file, wanted) ->
              images.visit(
                  file,
                  wanted,
                  (number, image) -> visitor.visit(number, renderer.thumbnail(image.pixels()))));
      return images.problems();
    }
  }
}
