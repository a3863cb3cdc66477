package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.Label;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Formats;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The position of an archive in the input.
 *
 * @param source the source of its images
 * @param name the name of the archive without folders
 * @param shown the same name with the extensions of the files that wrap it
 * @param depth 1 for a file, 2 for an archive in it
 * @param layers the number of compressions around it, within its source
 * @param label the label of images that are in no folder
 * @param ownLabel the label of the file if it is an image itself
 */
record Context(
    String source,
    String name,
    String shown,
    int depth,
    int layers,
    @Nullable String label,
    @Nullable String ownLabel) {
  /** The separator between an archive and an inner archive. */
  static final String INNER = "!/";

  /**
   * Creates the context of a file.
   *
   * @param path the path below the input folder
   */
  static Context ofFile(String source, String path) {
    String name = Content.fileName(path);
    return new Context(source, name, name, 1, 0, null, Label.ofParent(path));
  }

  /** Creates the context of an archive that is read from its beginning. */
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

  /** Creates the context of an inner archive. */
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

  /** Creates the context of the file that this one wraps. */
  Context unwrapped(String innerName) {
    return new Context(source, innerName, shown, depth, layers + 1, label, ownLabel);
  }

  /** Returns the label of an image by its folder, or by the archive. */
  @Nullable String labelOf(String entry) {
    String folder = Label.ofParent(entry);
    return folder == null ? label : folder;
  }
}
