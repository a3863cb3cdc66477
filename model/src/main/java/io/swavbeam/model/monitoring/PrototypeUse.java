package io.swavbeam.model.monitoring;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * How many images each prototype was the best for, over a window that is long enough for each to
 * come up ten times if all came up equally often.
 */
final class PrototypeUse {
  private static final int EXPECTED_USES = 10;

  private final int[] uses;
  private final Deque<int[]> window = new ArrayDeque<>();
  private long inWindow;

  PrototypeUse(int prototypes) {
    uses = new int[prototypes];
  }

  /**
   * Counts a step.
   *
   * @param clusters best prototypes of its images
   */
  void add(int[] clusters) {
    window.addLast(clusters);
    inWindow += clusters.length;
    for (int cluster : clusters) {
      uses[cluster]++;
    }
    while (inWindow - window.getFirst().length >= (long) EXPECTED_USES * uses.length) {
      int[] oldest = window.removeFirst();
      inWindow -= oldest.length;
      for (int cluster : oldest) {
        uses[cluster]--;
      }
    }
  }

  /** Whether the window has been filled once. */
  boolean isFull() {
    return inWindow >= (long) EXPECTED_USES * uses.length;
  }

  /** How many prototypes were the best for any image. */
  int used() {
    return (int) Arrays.stream(uses).filter(use -> use > 0).count();
  }

  /** Images of each prototype. */
  int[] uses() {
    return uses.clone();
  }
}
