package io.swavbeam.app.report;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.images.EncodedPicture;
import io.swavbeam.app.images.ImageKey;
import io.swavbeam.app.images.WantedImages;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.Embedding;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Small pictures of images, many on a sheet. Each part of a report requests its images and gets
 * their numbers. Then all images are read in the order of their files.
 */
public final class Thumbnails {
  /** The side of a thumbnail in pixels. */
  public static final int SIDE = 48;

  /** The number of thumbnails in a row of a sheet. */
  public static final int COLUMNS = 32;

  private static final int ON_SHEET = COLUMNS * COLUMNS;

  private final WantedImages images = new WantedImages();
  private final SampleFields fields;

  /**
   * The sheets.
   *
   * @param sheets JPEG files as data URIs; thumbnail n is on sheet {@code n / 1024}, in row {@code
   *     n % 1024 / 32} and column {@code n % 32}
   * @param drawn the number of drawn thumbnails; the others are blank
   * @param problems the reasons for unreadable images, one line per file
   */
  public record Sheets(List<String> sheets, int drawn, List<String> problems) {}

  /**
   * @param fields the fields of samples that were embedded
   */
  public Thumbnails(SampleFields fields) {
    this.fields = fields;
  }

  /** Requests an image and returns its number. */
  public int add(Embedding row) {
    return images.add(ImageKey.of(row));
  }

  /** Reads and draws the requested images. */
  public Sheets draw(Progress progress) throws IOException {
    List<BufferedImage> sheets = new ArrayList<>();
    for (int first = 0; first < images.size(); first += ON_SHEET) {
      int rows = (Math.min(ON_SHEET, images.size() - first) + COLUMNS - 1) / COLUMNS;
      sheets.add(new BufferedImage(COLUMNS * SIDE, rows * SIDE, BufferedImage.TYPE_INT_RGB));
    }
    int[] drawn = new int[1];
    List<String> problems =
        images.read(
            fields,
            SIDE,
            (number, thumbnail) -> {
              draw(thumbnail, number, sheets);
              progress.at("thumbnails", ++drawn[0], images.size());
            });
    List<String> files = new ArrayList<>();
    for (BufferedImage sheet : sheets) {
      files.add(EncodedPicture.jpeg(sheet).dataUri());
    }
    return new Sheets(files, drawn[0], problems);
  }

  private static void draw(BufferedImage thumbnail, int number, List<BufferedImage> sheets) {
    int place = number % ON_SHEET;
    Graphics2D pen = sheets.get(number / ON_SHEET).createGraphics();
    pen.drawImage(thumbnail, place % COLUMNS * SIDE, place / COLUMNS * SIDE, null);
    pen.dispose();
  }
}
