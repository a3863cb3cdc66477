package io.swavbeam.pipelines.archive;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Labels as folders give them. */
final class Label {
  private Label() {}

  /**
   * The folder that a file is directly in, or null: {@code train/cat/1.jpg} is a {@code cat}, and
   * {@code ./1.jpg} is in no folder.
   */
  static @Nullable String ofParent(String name) {
    int end = name.lastIndexOf('/');
    while (end > 0) {
      int start = name.lastIndexOf('/', end - 1) + 1;
      String folder = name.substring(start, end);
      if (!folder.isEmpty() && !folder.equals(".")) {
        return folder.equals("..") ? null : folder;
      }
      end = start - 1;
    }
    return null;
  }
}
