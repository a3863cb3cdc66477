package io.swavbeam.pipelines.archive;

import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Labels that are derived from the names of folders. */
@Internal
public final class Label {
  private Label() {}

  /**
   * Returns the name of the folder that directly contains a file: {@code cat} for {@code
   * train/cat/1.jpg}. Null if there is no folder, as for {@code ./1.jpg}.
   */
  public static @Nullable String ofParent(String name) {
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

  /**
   * Returns whether a label is only the name of the folder of the image, or of the inner archive
   * that contains it.
   *
   * @param source the source of the image
   * @param name the name of the image
   */
  public static boolean isOfFolder(String source, String name, String label) {
    String folder = ofParent(name);
    return label.equals(folder)
        || (folder == null
            && source.contains("!/")
            && isNamed(source.substring(source.lastIndexOf('/') + 1), label));
  }

  /** Returns whether a label may be derived from the name of an inner archive. */
  private static boolean isNamed(String archive, String label) {
    return archive.equals(label)
        || archive.startsWith(label + ".")
        || archive.startsWith(label + "@");
  }
}
