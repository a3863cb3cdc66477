package io.swavbeam.app.images;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageReader;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.InputFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.types.TUint8;

/** Finds the images of embeddings again, by the files and the names that their rows give. */
public final class SourceImages implements AutoCloseable {
  private final ImageDecoder decoder = new ImageDecoder();
  private final ImageReader reader = new ImageReader();
  private final List<String> problems = new ArrayList<>();

  /** Gets the images. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Takes an image.
     *
     * @param index that was asked for
     * @param image {@code [height, width, 3] uint8}; it is closed after the call
     */
    void visit(int index, TUint8 image);
  }

  /**
   * Visits the images of a file.
   *
   * @param source URI of an archive or of a single image
   * @param wanted index of each image that is wanted, by name
   */
  public void visit(String source, Map<String, Integer> wanted, Visitor visitor) {
    Map<String, Integer> missing = new HashMap<>(wanted);
    try {
      for (InputFile file : InputFiles.find(List.of(source))) {
        Archives.list(file, new Lister(missing, visitor));
      }
    } catch (IOException | IllegalArgumentException e) {
      // The message speaks of an input that nobody gave here.
      problems.add("%s is no longer there, or cannot be read".formatted(source));
      return;
    }
    if (!missing.isEmpty()) {
      problems.add("%s no longer holds %s".formatted(source, missing.keySet().iterator().next()));
    }
  }

  /** What could not be shown and why, a line for each file. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  private void show(ImageRef ref, byte[] bytes, int index, Visitor visitor) {
    try (TUint8 image = decoder.decode(bytes, ref.encoding())) {
      visitor.visit(index, image);
    } catch (UndecodableImageException e) {
      problems.add("%s of %s changed since: %s".formatted(ref.name(), ref.uri(), e.getMessage()));
    }
  }

  @Override
  public void close() throws IOException {
    decoder.close();
    reader.close();
  }

  private final class Lister implements Archives.Listener {
    private final Map<String, Integer> missing;
    private final Visitor visitor;

    Lister(Map<String, Integer> missing, Visitor visitor) {
      this.missing = missing;
      this.visitor = visitor;
    }

    @Override
    public void image(ImageRef ref) {
      try {
        if (ref.isStream()) {
          Archives.readStream(ref, this::image);
          return;
        }
        Integer index = take(ref);
        if (index != null) {
          show(ref, reader.read(ref), index, visitor);
        }
      } catch (IOException e) {
        problems.add("%s: %s".formatted(ref.uri(), Archives.describe(e)));
      }
    }

    private void image(ImageRef ref, byte[] bytes) {
      Integer index = take(ref);
      if (index != null) {
        show(ref, bytes, index, visitor);
      }
    }

    private Integer take(ImageRef ref) {
      // A single file's name was given from another folder.
      boolean single = ref.offset() == 0 && ref.encoding().equals(ImageEncoding.FILE);
      return single && missing.size() == 1
          ? missing.remove(missing.keySet().iterator().next())
          : missing.remove(ref.name());
    }

    @Override
    public void deadLetter(DeadLetter letter) {
      problems.add("%s: %s".formatted(letter.source(), letter.error()));
    }

    @Override
    public void ignored(String name) {}
  }
}
