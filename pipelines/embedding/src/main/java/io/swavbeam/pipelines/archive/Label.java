package io.swavbeam.pipelines.archive;

import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Labels as folders give them. */
@Internal
public final class Label {
  private Label() {}

  /**
   * The folder that a file is directly in, or null: {@code train/cat/1.jpg} is a {@code cat}, and
   * {@code ./1.jpg} is in no folder.
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
   * Whether a label is no more than what the image's folder, or the archive in an archive that
   * holds it, is called.
   *
   * @param source of the image
   * @param name of the image
   */
  public static boolean isOfFolder(String source, String name, String label) {
    String folder = ofParent(name);
    return label.equals(folder)
        || (folder == null
            && source.contains("!/")
            && isNamed(source.substring(source.lastIndexOf('/') + 1), label));
  }

  /** Whether the label of an inner archive may come from such a name. */
  private static boolean isNamed(String archive, String label) {
    return archive.equals(label)
        || archive.startsWith(label + ".")
        || archive.startsWith(label + "@");
  }
}
