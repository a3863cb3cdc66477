package io.swavbeam.pipelines.archive;

import org.checkerframework.checker.nullness.qual.Nullable;

/** Labels as folders give them. */
final class Label {
  private Label() {}

  /** The folder that a file is directly in, or null: {@code train/cat/1.jpg} is a {@code cat}. */
  static @Nullable String ofParent(String name) {
    int end = name.lastIndexOf('/');
    if (end <= 0) {
      return null;
    }
    return name.substring(name.lastIndexOf('/', end - 1) + 1, end);
  }
}
