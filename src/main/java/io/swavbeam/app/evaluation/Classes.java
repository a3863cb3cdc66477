package io.swavbeam.app.evaluation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Classes by number.
 *
 * @param names in alphabetical order
 * @param numbers of the names, from 0
 */
record Classes(List<String> names, Map<String, Integer> numbers) {
  /** No class of these. */
  static final int UNKNOWN = -1;

  static Classes of(List<String> labels) {
    List<String> names = List.copyOf(new TreeSet<>(labels));
    Map<String, Integer> numbers = new HashMap<>();
    names.forEach(name -> numbers.put(name, numbers.size()));
    return new Classes(names, numbers);
  }

  int[] indices(List<String> labels) {
    return labels.stream().mapToInt(label -> numbers.getOrDefault(label, UNKNOWN)).toArray();
  }

  /** The place of the largest value; of equal ones, the first. */
  static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
