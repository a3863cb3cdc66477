package io.swavbeam.model.monitoring;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * The number of images that each prototype was the nearest for, over a window of steps. The window
 * is so long that each prototype would be used ten times if all were used equally.
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
   * @param clusters nearest prototypes of its images
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

  /** Returns whether the window is full. */
  boolean isFull() {
    return inWindow >= (long) EXPECTED_USES * uses.length;
  }

  /** Returns the number of prototypes that were nearest for any image. */
  int used() {
    return (int) Arrays.stream(uses).filter(use -> use > 0).count();
  }

  /** Returns the number of images of each prototype. */
  int[] uses() {
    return uses.clone();
  }
}
