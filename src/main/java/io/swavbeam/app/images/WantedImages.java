package io.swavbeam.app.images;

import io.swavbeam.pipelines.archive.SampleFields;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A collection of requests for images, which then reads all of them file by file. */
public final class WantedImages {
  private final Map<String, Map<ImageKey, Integer>> byFile = new TreeMap<>();
  private int size;

  /** Receives the images. */
  @FunctionalInterface
  public interface Visitor {
    /** Called with the thumbnail of an image by its number. */
    void visit(int number, BufferedImage thumbnail);
  }

  /**
   * Requests an image.
   *
   * @return its number, from 0; the same for the same image
   */
  public int add(ImageKey image) {
    Map<ImageKey, Integer> ofFile =
        byFile.computeIfAbsent(image.file(), any -> new LinkedHashMap<>());
    Integer known = ofFile.putIfAbsent(image, size);
    return known == null ? size++ : known;
  }

  /** Returns the number of requested images. */
  public int size() {
    return size;
  }

  /**
   * Reads the requested images.
   *
   * @param fields the fields of samples that were embedded
   * @param side the side of the thumbnails in pixels
   * @return the reasons for images that could not be read, one line per file
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
