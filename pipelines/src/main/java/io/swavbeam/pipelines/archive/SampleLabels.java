package io.swavbeam.pipelines.archive;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Labels as WebDataset packs them into tar archives: {@code 0001.cls} holds the class of {@code
 * 0001.jpg}, directly behind it or before it. What stands before the first dot of the file's name
 * is the key of a sample.
 *
 * <p>For one archive, whose entries come in order.
 */
final class SampleLabels {
  private static final String SUFFIX = ".cls";
  private static final int MAX_LENGTH = 4096;

  private @Nullable String key;
  private @Nullable String label;

  /** Whether an entry is the label of a sample. */
  static boolean isLabel(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  /** Takes a label; one that is empty or longer than 4,096 bytes is none. */
  void take(String name, InputStream bytes) throws IOException {
    byte[] text = bytes.readNBytes(MAX_LENGTH + 1);
    String stripped = TarFormat.decode(text, 0, text.length).strip();
    key = key(name);
    label = text.length > MAX_LENGTH || stripped.isEmpty() ? null : stripped;
  }

  /** The label of the sample that an image belongs to, if it was the last one that was taken. */
  @Nullable String of(String image) {
    return key(image).equals(key) ? label : null;
  }

  /** An image with the label of its sample, or as it is. */
  ImageRef labelled(ImageRef image) {
    String own = of(image.name());
    return own == null ? image : image.withLabel(own);
  }

  private static String key(String name) {
    int file = name.lastIndexOf('/') + 1;
    int dot = name.indexOf('.', file);
    return dot < 0 ? name : name.substring(0, dot);
  }
}
