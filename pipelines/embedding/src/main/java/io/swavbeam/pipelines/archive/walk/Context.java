package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.Label;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Formats;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where the entries of an archive are.
 *
 * @param source of its images
 * @param name of the archive, without folders
 * @param shown the same with the endings of what wraps it
 * @param depth 1 for a file, 2 for an archive in it
 * @param layers of compression around it, within its source
 * @param label of images that lie in no folder of it
 * @param ownLabel of the image that it is, if it is one
 */
record Context(
    String source,
    String name,
    String shown,
    int depth,
    int layers,
    @Nullable String label,
    @Nullable String ownLabel) {
  /** Between an archive and an archive in it. */
  static final String INNER = "!/";

  /**
   * A file.
   *
   * @param path below the folder that was given
   */
  static Context ofFile(String source, String path) {
    String name = Content.fileName(path);
    return new Context(source, name, name, 1, 0, null, Label.ofParent(path));
  }

  /** An archive that is read from its beginning. */
  static Context of(StreamedRef archive) {
    int inner = archive.source().lastIndexOf(INNER);
    if (inner < 0) {
      return ofFile(archive.source(), archive.name());
    }
    String around = archive.source().substring(0, inner);
    int depth = archive.source().split(INNER, -1).length;
    String label = depth == 2 ? null : Formats.nameInside(Content.fileName(around));
    return new Context(around, "", "", depth - 1, 0, label, null)
        .inside(archive.source(), archive.name());
  }

  /** An archive in this one. */
  Context inside(String innerSource, String entry) {
    String innerName = Content.fileName(entry);
    return new Context(
        innerSource,
        innerName,
        innerName,
        depth + 1,
        0,
        Formats.nameInside(innerName),
        labelOf(entry));
  }

  /** The file that this one wraps. */
  Context unwrapped(String innerName) {
    return new Context(source, innerName, shown, depth, layers + 1, label, ownLabel);
  }

  /** The label of an image by its folder, or by the archive. */
  @Nullable String labelOf(String entry) {
    String folder = Label.ofParent(entry);
    return folder == null ? label : folder;
  }
}
