package io.swavbeam.app.images;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A reader of the images of embeddings, by the sources and positions in the rows. */
public final class SourceImages implements AutoCloseable {
  private final SampleFields fields;
  private final ImageDecoder decoder;
  private final Picture.Reduction reduction;
  private final ImageReader reader = new ImageReader(ImageLimits.DEFAULT);
  private final List<String> problems = new ArrayList<>();

  /** Receives the images. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Called for each image.
     *
     * @param index the requested index
     * @param image the image, which is closed after the call
     */
    void visit(int index, Picture image);
  }

  /**
   * Reads images at full size, with transparent pixels on white.
   *
   * @param fields the fields of samples that were embedded
   */
  public SourceImages(SampleFields fields) {
    this(fields, DecodingConfig.of(Alpha.WHITE), Picture.Reduction.NONE);
  }

  /**
   * @param fields the fields of samples that were embedded
   * @param decoding the decoding
   * @param reduction the largest reduction of an image
   */
  public SourceImages(SampleFields fields, DecodingConfig decoding, Picture.Reduction reduction) {
    this.fields = fields;
    decoder = new ImageDecoder(decoding);
    this.reduction = reduction;
  }

  /**
   * Visits the images of a file.
   *
   * @param file the URI of an archive or of a single image
   * @param wanted the index of each requested image, also of those in inner archives
   */
  public void visit(String file, Map<ImageKey, Integer> wanted, Visitor visitor) {
    Map<ImageKey, Integer> missing = new HashMap<>();
    wanted.forEach((key, index) -> missing.put(key.exact(), index));
    try {
      visit(
          ArchiveReader.list(InputFiles.named(file), ImageLimits.DEFAULT, fields),
          missing,
          visitor);
    } catch (IOException | IllegalArgumentException e) {
      // The original message is about an input that the user did not give.
      problems.add("%s is no longer there, or cannot be read".formatted(file));
      return;
    } catch (StoreUnavailableException e) {
      problems.add("%s cannot be reached: %s".formatted(file, e.getMessage()));
      return;
    }
    if (!missing.isEmpty()) {
      problems.add("%s no longer holds %d of its images".formatted(file, missing.size()));
    }
  }

  /** Returns the reasons for images that cannot be read, one line per file. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  private void show(ImageRef ref, byte[] bytes, int index, Visitor visitor) {
    try (Picture image = decoder.decode(bytes, ref.encoding(), ImageLimits.DEFAULT, reduction)) {
      visitor.visit(index, image);
    } catch (UndecodableImageException e) {
      problems.add("%s of %s changed since: %s".formatted(ref.name(), ref.file(), e.getMessage()));
    }
  }

  @Override
  public void close() throws IOException {
    decoder.close();
    reader.close();
  }

  private void visit(ArchiveReader archive, Map<ImageKey, Integer> missing, Visitor visitor)
      throws IOException {
    try (archive) {
      for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
        if (entry instanceof Entry.Streamed streamed) {
          visit(ArchiveReader.read(streamed.ref(), ImageLimits.DEFAULT, fields), missing, visitor);
        } else if (entry instanceof Entry.Image image) {
          Integer index = take(image.ref(), missing);
          if (index != null) {
            show(image, index, visitor);
          }
        }
      }
    }
  }

  private static @Nullable Integer take(ImageRef ref, Map<ImageKey, Integer> missing) {
    Integer index = missing.remove(new ImageKey(ref.source(), ref.position(), "").exact());
    return index == null ? missing.remove(new ImageKey(ref.source(), -1, ref.name())) : index;
  }

  private void show(Entry.Image entry, int index, Visitor visitor) {
    ImageRef ref = entry.ref();
    try {
      byte[] bytes = entry.bytes() == null ? reader.read(ref) : entry.bytes();
      show(ref, bytes, index, visitor);
    } catch (IOException e) {
      problems.add("%s: %s".formatted(ref.file(), PassingErrors.describe(e)));
    } catch (UndecodableImageException e) {
      problems.add("%s: %s".formatted(ref.file(), e.getMessage()));
    }
  }
}
