package io.swavbeam.pipelines.input;

import io.swavbeam.model.error.KnownIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numeric ranges in names, as in shells and WebDataset: {@code shard-{0000..0147}.tar} stands for
 * 148 names. If one end begins with a zero, numbers are padded to the wider end. Several ranges in
 * a name are combined, with the last one varying fastest.
 */
final class BraceRange {
  private static final Pattern RANGE = Pattern.compile("\\{(\\d{1,9})\\.\\.(\\d{1,9})\\}");
  private static final int MAX_NAMES = 1_000_000;

  private BraceRange() {}

  static boolean isIn(String name) {
    return RANGE.matcher(name).find();
  }

  /**
   * Returns the names that a name with ranges stands for; the name itself if it has no range.
   *
   * @throws KnownIOException in one line, if there are more than a million
   */
  static List<String> expand(String name) throws KnownIOException {
    List<String> names = new ArrayList<>();
    expand(name, name, names);
    return names;
  }

  private static void expand(String name, String given, List<String> names)
      throws KnownIOException {
    Matcher range = RANGE.matcher(name);
    if (!range.find()) {
      if (names.size() == MAX_NAMES) {
        throw InputFiles.noInput(
            "%s stands for more than %,d names: give several inputs, or their folder"
                .formatted(given, MAX_NAMES),
            null);
      }
      names.add(name);
      return;
    }
    String first = range.group(1);
    String last = range.group(2);
    int width = isPadded(first) || isPadded(last) ? Math.max(first.length(), last.length()) : 1;
    int from = Integer.parseInt(first);
    int to = Integer.parseInt(last);
    int step = from <= to ? 1 : -1;
    for (int number = from; number != to + step; number += step) {
      expand(
          name.substring(0, range.start())
              + ("%0" + width + "d").formatted(number)
              + name.substring(range.end()),
          given,
          names);
    }
  }

  private static boolean isPadded(String number) {
    return number.length() > 1 && number.startsWith("0");
  }
}
