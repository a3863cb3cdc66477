package io.swavbeam.app.search;

import io.swavbeam.app.images.EncodedPicture;
import io.swavbeam.app.images.WantedImages;
import io.swavbeam.pipelines.archive.SampleFields;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A picture of search results, with a query and its neighbours in each row. */
public final class ContactSheet {
  /** The side of an image in pixels. */
  public static final int SIDE = 96;

  private static final int GAP = 4;
  private static final int AFTER_QUERY = 16;

  private ContactSheet() {}

  /**
   * Draws the picture.
   *
   * @param queries the thumbnails of the queries, with {@link #SIDE} pixels
   * @param found the neighbours of each query
   * @param fields the fields of samples that were embedded
   * @param png the file to write
   * @return the reasons for images that could not be drawn, one line per file
   */
  public static List<String> write(
      List<BufferedImage> queries, List<List<Neighbour>> found, SampleFields fields, Path png)
      throws IOException {
    int columns = found.stream().mapToInt(List::size).max().orElseThrow();
    BufferedImage sheet =
        new BufferedImage(
            x(columns), queries.size() * (SIDE + GAP) + GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    WantedImages wanted = new WantedImages();
    found.forEach(row -> row.forEach(neighbour -> wanted.add(neighbour.key())));
    BufferedImage[] thumbnails = new BufferedImage[wanted.size()];
    List<String> problems =
        wanted.read(fields, SIDE, (number, thumbnail) -> thumbnails[number] = thumbnail);
    for (int row = 0; row < queries.size(); row++) {
      pen.drawImage(queries.get(row), GAP, y(row), null);
      for (int column = 0; column < found.get(row).size(); column++) {
        Neighbour neighbour = found.get(row).get(column);
        // An image that could not be read is null, and its place stays white.
        BufferedImage thumbnail = thumbnails[wanted.add(neighbour.key())];
        pen.drawImage(thumbnail, x(column), y(row), null);
      }
    }
    pen.dispose();
    EncodedPicture.png(sheet).write(png);
    return problems;
  }

  /** Returns the position of a column; for the number of columns, the width of the sheet. */
  private static int x(int column) {
    return GAP + SIDE + AFTER_QUERY + column * (SIDE + GAP);
  }

  private static int y(int row) {
    return GAP + row * (SIDE + GAP);
  }
}
