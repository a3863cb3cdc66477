package io.swavbeam.app.evaluation;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A comparison of the images of two sets of embeddings. Common images make accuracies misleading.
 */
final class SetComparison {
  /** An image, independent of the folder of its archive. */
  private record Image(String name, int embedding) {
    static Image of(Embedding row) {
      return new Image(row.name(), Arrays.hashCode(row.embedding()));
    }
  }

  /** The number of unknown labels that are compared with all others. One example is enough. */
  private static final int LOOKED_AT = 100;

  private SetComparison() {}

  /**
   * Adds notes about labels that can never be predicted, and about images that are in both sets.
   *
   * @param train the rows for training
   * @param test the rows for testing
   */
  static void notes(List<Embedding> train, List<Embedding> test, List<String> notes) {
    Set<String> known = new TreeSet<>();
    train.forEach(row -> known.add(row.label()));
    Set<String> unknown = new TreeSet<>();
    long without = 0;
    for (Embedding row : test) {
      if (!known.contains(row.label())) {
        unknown.add(row.label());
        without++;
      }
    }
    if (without > 0) {
      // The unknown label that is most similar to a label of --train, because it is probably a
      // misspelling.
      String one =
          unknown.stream()
              .limit(LOOKED_AT)
              .min(
                  Comparator.comparingInt(
                      label -> distance(plain(label), plain(nearest(label, known)))))
              .orElseThrow();
      notes.add(
          "%,d of %,d images of --test have %s that no image of --train has, and count as wrong: for example '%s'; the most similar label of --train is '%s'"
              .formatted(
                  without,
                  test.size(),
                  unknown.size() == 1 ? "a label" : "one of %,d labels".formatted(unknown.size()),
                  one,
                  nearest(one, known)));
    }
    Set<Image> images = new HashSet<>();
    train.forEach(row -> images.add(Image.of(row)));
    long both = test.stream().filter(row -> images.contains(Image.of(row))).count();
    if (both > 0) {
      notes.add(
          "%,d of %,d images of --test are in --train too, and are classified by themselves"
              .formatted(both, test.size()));
    }
  }

  private static String nearest(String label, Set<String> labels) {
    return labels.stream()
        .min(
            Comparator.<String>comparingInt(other -> distance(plain(label), plain(other)))
                .thenComparingInt(other -> distance(label, other)))
        .orElseThrow();
  }

  private static String plain(String label) {
    return label.toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", "");
  }

  /** Returns the Levenshtein distance: the number of inserted, deleted or replaced characters. */
  private static int distance(String one, String other) {
    int[] above = new int[other.length() + 1];
    Arrays.setAll(above, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      int[] row = new int[other.length() + 1];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[other.length()];
  }
}
