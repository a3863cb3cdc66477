package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.training.AtomicFiles;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of a training run, found and listed.
 *
 * @param images in the order of the files' URIs, and of each file
 * @param deadLetters what could not be listed
 * @param ignored files and entries that are no images
 */
public record TrainingImages(
    List<ImageRef> images, List<DeadLetter> deadLetters, List<String> ignored) {

  /**
   * Lists the images of files. A gzip file is first expanded, once, into a copy that can be read by
   * offset.
   *
   * @param files that {@link io.swavbeam.pipelines.archive.InputFiles} found
   * @param copies folder for those copies, in the run directory
   * @throws IOException in one line, where they hold no image
   */
  public static TrainingImages list(List<InputFile> files, Path copies) throws IOException {
    AtomicFiles.deleteUnfinished(copies);
    return list(files, ref -> expand(ref, copies));
  }

  /**
   * Lists the images of files for workers that share no folder.
   *
   * @throws IOException in one line, where they hold no image, or one can only be read from its
   *     beginning
   */
  public static TrainingImages list(List<InputFile> files) throws IOException {
    List<String> streams = new ArrayList<>();
    TrainingImages found =
        list(
            files,
            ref -> {
              streams.add(ref.uri());
              throw new ArchiveException("can only be read from its beginning");
            });
    if (!streams.isEmpty()) {
      throw new ArchiveException(
          "%s can only be read from its beginning: expand it, so that every worker can read its part"
              .formatted(streams.get(0)));
    }
    return found;
  }

  /** Makes a copy that can be read by offset. */
  private interface Expander {
    Path expand(ImageRef ref) throws IOException;
  }

  private static TrainingImages list(List<InputFile> files, Expander expander) throws IOException {
    TrainingImages found =
        new TrainingImages(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (InputFile file : files) {
      found.list(file, expander);
    }
    if (found.images.isEmpty()) {
      String why =
          found.deadLetters.isEmpty()
              ? "nothing there is an image or a known archive"
              : found.deadLetters.get(0).error();
      throw new IOException("the input holds no image: " + why);
    }
    return found;
  }

  private void list(InputFile file, Expander expander) {
    Archives.list(
        file,
        new Archives.Listener() {
          @Override
          public void image(ImageRef ref) {
            if (!ref.isStream()) {
              images.add(ref);
              return;
            }
            try {
              Path copy = expander.expand(ref);
              list(new InputFile(copy.toString(), file.name(), Files.size(copy)), expander);
            } catch (IOException e) {
              deadLetter(new DeadLetter(file.uri(), file.name(), "list", Archives.describe(e)));
            }
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            deadLetters.add(letter);
          }

          @Override
          public void ignored(String name) {
            ignored.add(name);
          }
        });
  }

  /** A seekable copy of a gzip file; what is before the place where it is cut off is good. */
  private static Path expand(ImageRef ref, Path copies) throws IOException {
    String file = ref.uri().substring(ref.uri().lastIndexOf('/') + 1);
    String name =
        file.endsWith(".tgz")
            ? file.substring(0, file.length() - ".tgz".length()) + ".tar"
            : file.substring(0, file.length() - ".gz".length());
    // Files of the same name in different folders are different files.
    Path folder = copies.resolve(Integer.toHexString(ref.uri().hashCode()));
    Path copy = folder.resolve(name).toAbsolutePath();
    if (!Files.exists(copy)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            try (InputStream in = Archives.openGzip(ref.uri())) {
              Files.copy(in, unfinished.resolve(name));
            }
          });
    }
    return copy;
  }
}
