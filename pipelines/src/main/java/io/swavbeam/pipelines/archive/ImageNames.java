package io.swavbeam.pipelines.archive;

import java.util.Locale;
import java.util.Set;

/** Which files are images, by their names. */
final class ImageNames {
  private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "gif", "bmp");

  private ImageNames() {}

  /** Whether the name is an image's; what macOS leaves beside images is none. */
  static boolean isImage(String name) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    return !file.startsWith("._")
        && EXTENSIONS.contains(file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }
}
