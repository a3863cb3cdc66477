package io.swavbeam.app.evaluation.sample;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The labels of classes, by number.
 *
 * @param names in alphabetical order
 * @param numbers of the names, from 0
 */
public record ClassLabels(List<String> names, Map<String, Integer> numbers) {
  /** No class of these. */
  public static final int UNKNOWN = -1;

  /** The classes of labels. */
  public static ClassLabels of(List<String> labels) {
    List<String> names = List.copyOf(new TreeSet<>(labels));
    Map<String, Integer> numbers = new HashMap<>();
    names.forEach(name -> numbers.put(name, numbers.size()));
    return new ClassLabels(names, numbers);
  }

  /** The number of a label, or {@link #UNKNOWN}; of null too. */
  public int index(@Nullable String label) {
    return numbers.getOrDefault(label, UNKNOWN);
  }

  public int[] indices(List<String> labels) {
    return labels.stream().mapToInt(this::index).toArray();
  }

  /** The place of the largest value; of equal ones, the first. */
  public static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
