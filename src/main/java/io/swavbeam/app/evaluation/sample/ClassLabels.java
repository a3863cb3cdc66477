package io.swavbeam.app.evaluation.sample;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The classes by number.
 *
 * @param names the names in alphabetical order
 * @param numbers the numbers of the names, from 0
 */
public record ClassLabels(List<String> names, Map<String, Integer> numbers) {
  /** The number of unknown labels. */
  public static final int UNKNOWN = -1;

  /** Returns the classes of some labels. */
  public static ClassLabels of(List<String> labels) {
    List<String> names = List.copyOf(new TreeSet<>(labels));
    Map<String, Integer> numbers = new HashMap<>();
    names.forEach(name -> numbers.put(name, numbers.size()));
    return new ClassLabels(names, numbers);
  }

  /** Returns the number of a label; {@link #UNKNOWN} if it is unknown or null. */
  public int index(@Nullable String label) {
    return numbers.getOrDefault(label, UNKNOWN);
  }

  public int[] indices(List<String> labels) {
    return labels.stream().mapToInt(this::index).toArray();
  }

  /** Returns the index of the largest value, and the first one of equal values. */
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
