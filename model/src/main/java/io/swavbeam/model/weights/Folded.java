package io.swavbeam.model.weights;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Abbreviated lists of tensor names: {@code momentum_backbone.* (100), fc.weight}. */
public final class Folded {
  private Folded() {}

  /**
   * Abbreviates names by their common beginnings, up to the first dot after which they differ.
   *
   * @param most the largest number of words; the last word has the number of omitted names
   */
  public static List<String> names(Collection<String> names, int most) {
    return names(names, common(new TreeSet<>(names)), most);
  }

  private static List<String> names(Collection<String> names, String common, int most) {
    TreeMap<String, List<String>> groups = new TreeMap<>();
    for (String name : new TreeSet<>(names)) {
      int dot = name.indexOf('.', common.length());
      groups
          .computeIfAbsent(dot < 0 ? name : name.substring(0, dot + 1), any -> new ArrayList<>())
          .add(name);
    }
    List<String> folded = new ArrayList<>();
    groups.forEach(
        (prefix, group) ->
            folded.add(
                group.size() == 1 ? group.get(0) : "%s* (%,d)".formatted(prefix, group.size())));
    if (folded.size() <= most) {
      return folded;
    }
    List<String> some = new ArrayList<>(folded.subList(0, most));
    some.add("%,d more".formatted(folded.size() - most));
    return some;
  }

  /**
   * Abbreviates names as {@link #names(Collection, int)}, and replaces those of each other network
   * by one word.
   *
   * @param networks the prefixes of the names of the other networks, without a trailing dot
   */
  public static List<String> names(
      Collection<String> names, Collection<String> networks, int most) {
    TreeMap<String, Integer> others = new TreeMap<>();
    List<String> own = new ArrayList<>();
    for (String name : names) {
      networks.stream()
          .filter(network -> name.startsWith(network + ".") || isWhole(network, name))
          .max(Comparator.comparingInt(String::length))
          .ifPresentOrElse(network -> others.merge(network, 1, Integer::sum), () -> own.add(name));
    }
    List<String> folded = new ArrayList<>();
    others.forEach(
        (network, count) ->
            folded.add(
                (isWhole(network, network) ? "%s* (%,d)" : "%s.* (%,d)")
                    .formatted(network, count)));
    folded.addAll(others.isEmpty() ? names(own, most) : names(own, "", most));
    return folded;
  }

  /** Returns whether a name begins with a prefix that ends with a separator. */
  private static boolean isWhole(String prefix, String name) {
    return name.startsWith(prefix)
        && !Character.isLetterOrDigit(prefix.charAt(prefix.length() - 1));
  }

  /** Returns the common beginning of all names, up to a dot. */
  private static String common(SortedSet<String> names) {
    if (names.size() < 2) {
      return "";
    }
    String first = names.first();
    String last = names.last();
    int end = 0;
    while (end < Math.min(first.length(), last.length()) && first.charAt(end) == last.charAt(end)) {
      end++;
    }
    return first.substring(0, first.lastIndexOf('.', end - 1) + 1);
  }
}
