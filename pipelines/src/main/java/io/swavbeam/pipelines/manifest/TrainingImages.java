package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SequentialArchive;
import io.swavbeam.pipelines.archive.SidecarCounts;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The images of a training run, found and listed.
 *
 * @param images in the order of the files' URIs, and of each file
 * @param deadLetters what could not be found, listed or expanded
 * @param sidecars files and entries that stand beside images
 */
public record TrainingImages(
    List<ImageRef> images, List<DeadLetter> deadLetters, SidecarCounts sidecars) {
  /** Beside a copy of an archive that ended too early: what was wrong with it. */
  private static final String INCOMPLETE = ".incomplete";

  /**
   * Lists the images of files. What can only be read from its beginning is first expanded, once,
   * into a copy that can be read by offset.
   *
   * @param found the files
   * @param limits on images
   * @param copies folder for those copies, in the run directory
   */
  public static TrainingImages list(InputFiles.Found found, ImageLimits limits, Path copies)
      throws IOException {
    AtomicFiles.deleteUnfinished(copies);
    return list(found, limits, ref -> expand(ref, copies));
  }

  /**
   * Lists the images of files for workers that share no folder.
   *
   * @throws IOException in one line, if one can only be read from its beginning
   */
  public static TrainingImages list(InputFiles.Found found, ImageLimits limits) throws IOException {
    return list(
        found,
        limits,
        ref -> {
          throw new StreamingSourceException(ref.source());
        });
  }

  /** A source of which workers cannot read single images. */
  private static final class StreamingSourceException extends IOException {
    private static final long serialVersionUID = 1L;

    StreamingSourceException(String source) {
      super(
          "%s can only be read from its beginning: expand it, so that every worker can read its part"
              .formatted(source));
    }
  }

  /** Makes a copy that can be read by offset. */
  private interface Expander {
    Path expand(ImageRef ref) throws IOException;
  }

  private static TrainingImages list(InputFiles.Found found, ImageLimits limits, Expander expander)
      throws IOException {
    TrainingImages images =
        new TrainingImages(
            new ArrayList<>(), new ArrayList<>(found.deadLetters()), new SidecarCounts());
    for (InputFile file : found.files()) {
      images.list(file, file.location().uri(), limits, expander, 1);
    }
    return images;
  }

  /** Why there is no image, in one line, if there is none. */
  public void requireImages() throws IOException {
    if (images.isEmpty()) {
      String why =
          deadLetters.isEmpty()
              ? "nothing there is an image or a known archive"
              : "%s: %s".formatted(deadLetters.get(0).source(), deadLetters.get(0).error());
      throw new IOException("the input holds no image: " + why);
    }
  }

  private void list(
      InputFile file, String source, ImageLimits limits, Expander expander, int layers)
      throws IOException {
    List<ImageRef> sequential = new ArrayList<>();
    Archives.list(
        file,
        source,
        limits,
        new Archives.Listener() {
          @Override
          public void image(ImageRef ref) {
            if (ref.isSequentialArchive()) {
              sequential.add(ref);
            } else {
              images.add(ref);
            }
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            deadLetters.add(letter);
          }

          @Override
          public void sidecar(String name) {
            sidecars.add(name);
          }
        });
    for (ImageRef ref : sequential) {
      expand(ref, limits, expander, layers);
    }
  }

  // Each layer of compression is a copy; nobody makes more layers than these on purpose.
  private static final int MAX_LAYERS = 6;

  private void expand(ImageRef ref, ImageLimits limits, Expander expander, int layers)
      throws IOException {
    if (layers > MAX_LAYERS) {
      deadLetters.add(
          new DeadLetter(ref.source(), ref.name(), "list", "it is compressed again and again"));
      return;
    }
    try {
      Path copy = expander.expand(ref);
      int letters = deadLetters.size();
      list(
          new InputFile(Location.of(copy), copy.getFileName().toString(), Files.size(copy)),
          ref.source(),
          limits,
          expander,
          layers + 1);
      Path incomplete = copy.resolveSibling(copy.getFileName() + INCOMPLETE);
      // If the archive in the copy is cut off with it, the cause has been reported already.
      boolean told =
          deadLetters.subList(letters, deadLetters.size()).stream()
              .anyMatch(
                  letter ->
                      letter.source().equals(ref.source())
                          && letter.name().equals(copy.getFileName().toString()));
      if (Files.exists(incomplete) && !told) {
        deadLetters.add(
            new DeadLetter(ref.source(), ref.name(), "read", Files.readString(incomplete)));
      }
    } catch (StreamingSourceException e) {
      throw e;
    } catch (IOException e) {
      deadLetters.add(new DeadLetter(ref.source(), ref.name(), "read", Archives.describe(e)));
    }
  }

  /**
   * A copy of what is in a compressed file, or in a compressed entry of a zip; what is before the
   * place where it is damaged is good.
   */
  private static Path expand(ImageRef ref, Path copies) throws IOException {
    String name = SequentialArchive.nameInside(ref);
    // Files of the same name in different folders are different files, and so is one that has
    // grown.
    String place =
        new Digest().add(ref.source()).add("\0").add(ref.offset()).add(ref.length()).hex(24);
    Path folder = copies.resolve(place);
    if (!Files.exists(folder)) {
      AtomicFiles.writeFolder(
          folder,
          unfinished -> {
            Path copy = unfinished.resolve(name);
            try (OutputStream out = Files.newOutputStream(copy)) {
              String problem = copy(ref, out);
              if (problem != null) {
                Files.writeString(unfinished.resolve(name + INCOMPLETE), problem);
              }
            }
          });
    }
    return folder.resolve(name).toAbsolutePath();
  }

  private static @Nullable String copy(ImageRef ref, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = SequentialArchive.inside(ref)) {
      while (true) {
        int count;
        try {
          count = in.read(buffer);
        } catch (IOException e) {
          return Archives.describe(e);
        }
        if (count < 0) {
          return null;
        }
        out.write(buffer, 0, count);
      }
    }
  }
}
