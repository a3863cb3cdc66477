package io.swavbeam.pipelines.archive;

import java.io.IOException;
import java.io.InputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Labels as WebDataset packs them into tar archives: {@code 0001.cls} holds the class of {@code
 * 0001.jpg}, behind it or before it. What stands before the first dot of the file's name is the key
 * of a sample, whose files lie together.
 *
 * <p>For one archive, whose entries come in order.
 */
final class SampleLabels {
  private static final int MAX_LENGTH = 1 << 16;

  private final LabelSource source;
  private @Nullable String key;
  private @Nullable String label;

  SampleLabels(LabelSource source) {
    this.source = source;
  }

  /** Whether an entry is the label of a sample. */
  boolean isLabel(String name) {
    return source.isLabel(name);
  }

  /** Whether behind an entry the label of an image may come: it is one more of its sidecars. */
  static boolean mayStandBefore(String entry, String image) {
    return Content.ofName(entry).type() == Content.Type.SIDECAR && key(entry).equals(key(image));
  }

  /** Takes a label; one that is empty, or in a file of more than 65,536 bytes, is none. */
  void take(String name, InputStream bytes) throws IOException {
    byte[] text = bytes.readNBytes(MAX_LENGTH + 1);
    key = key(name);
    label = text.length > MAX_LENGTH ? null : source.in(TarFormat.decode(text, 0, text.length));
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
