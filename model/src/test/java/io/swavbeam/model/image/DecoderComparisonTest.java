package io.swavbeam.model.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Compares photographs in many settings of encoders with Pillow. {@code pillow/formats.py FOLDER
 * PHOTOGRAPH...} writes the folder, and {@code -Dpictures.dir=FOLDER} sets it. Prints a table, and
 * checks a bound for each picture.
 */
class DecoderComparisonTest {
  /** The pictures of one format with some settings. */
  private static final class Row {
    private int pictures;
    private double largestMean;
    private int largest;
  }

  @Test
  void areAsPillowHasThem() throws Exception {
    String given = System.getProperty("pictures.dir", "");
    Assumptions.assumeTrue(!given.isEmpty(), "no pictures to compare (-Dpictures.dir=...)");
    List<Path> pictures;
    try (Stream<Path> files = Files.list(Path.of(given))) {
      pictures = files.filter(file -> !file.toString().endsWith(".rgb")).sorted().toList();
    }
    assertThat(pictures).isNotEmpty();
    Map<String, Row> table = new TreeMap<>();
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (Path picture : pictures) {
        String name = picture.getFileName().toString();
        Map<String, byte[]> entries =
            Map.of(
                name,
                Files.readAllBytes(picture),
                name + ".rgb",
                Files.readAllBytes(picture.resolveSibling(name + ".rgb")));
        int[] differences = FormatsTest.differences(decoder, entries, name);
        Row row = table.computeIfAbsent(settings(name), any -> new Row());
        row.pictures++;
        row.largest = Math.max(row.largest, Arrays.stream(differences).max().orElseThrow());
        row.largestMean =
            Math.max(row.largestMean, Arrays.stream(differences).average().orElseThrow());
      }
    }
    System.out.println("settings | pictures | largest mean | largest difference");
    table.forEach(
        (settings, row) ->
            System.out.printf(
                "%s | %d | %.3f | %d%n", settings, row.pictures, row.largestMean, row.largest));
    table.forEach(
        (settings, row) ->
            assertThat(row.largest)
                .as(settings)
                .isLessThanOrEqualTo(settings.contains("jpeg") ? 2 : 0));
  }

  /** Returns the name of a picture without its number and its quality. */
  private static String settings(String name) {
    return name.replaceFirst("^\\d+-?", "").replaceFirst("quality\\d+", "quality");
  }
}
