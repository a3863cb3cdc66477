package io.swavbeam.pipelines.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SidecarCounts;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists the images of archives that can only be read from their beginning, in copies of them;
 * copies may hold such archives again.
 *
 * @param manifest gets the images
 * @param letters gets what cannot be read
 */
record Expansion(
    ImageLimits limits,
    Copies copies,
    Manifest.Writer manifest,
    TrainingImages.Letters letters,
    SidecarCounts sidecars) {
  // Each layer of compression is a copy; nobody makes more layers than these on purpose.
  private static final int MAX_LAYERS = 6;

  /**
   * Lists an archive.
   *
   * @param fingerprint of the file that it is in
   */
  void expand(ImageRef ref, String fingerprint) throws IOException {
    expand(ref, fingerprint, 1);
  }

  private void expand(ImageRef ref, String fingerprint, int layers) throws IOException {
    if (layers > MAX_LAYERS) {
      letters.add(
          new DeadLetter(ref.source(), ref.name(), "list", "it is compressed again and again"));
      return;
    }
    try {
      Path copy = copies.copy(ref, fingerprint);
      boolean told = list(copy, ref.source(), fingerprint, layers + 1);
      Path incomplete = copy.resolveSibling(copy.getFileName() + Copies.INCOMPLETE);
      // If the archive in the copy is cut off with it, the cause has been reported already.
      if (Files.exists(incomplete) && !told) {
        letters.add(new DeadLetter(ref.source(), ref.name(), "read", Files.readString(incomplete)));
      }
    } catch (Copies.StreamingSourceException e) {
      throw e;
    } catch (IOException e) {
      letters.add(new DeadLetter(ref.source(), ref.name(), "read", Archives.describe(e)));
    }
  }

  /**
   * @return whether there was a dead letter of the copy itself
   */
  private boolean list(Path copy, String source, String fingerprint, int layers)
      throws IOException {
    List<ImageRef> sequential = new ArrayList<>();
    boolean[] told = new boolean[1];
    Archives.list(
        InputFiles.of(copy),
        source,
        limits,
        new Archives.Listener() {
          @Override
          public void image(ImageRef ref) {
            if (ref.isSequentialArchive()) {
              sequential.add(ref);
              return;
            }
            try {
              manifest.add(ref);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            told[0] |=
                letter.source().equals(source)
                    && letter.name().equals(copy.getFileName().toString());
            letters.add(letter);
          }

          @Override
          public void sidecar(String name) {
            sidecars.add(name);
          }
        });
    for (ImageRef ref : sequential) {
      expand(ref, fingerprint, layers);
    }
    return told[0];
  }
}
