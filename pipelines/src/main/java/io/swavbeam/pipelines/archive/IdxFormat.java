package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** IDX files of the MNIST family: grey images of one size, and labels in a file beside them. */
final class IdxFormat implements ArchiveFormat {
  // Labels are held in memory; the largest of the family has 814,255.
  private static final int MAX_PIXELS = 1 << 26;
  private static final int MAX_LABELS = 1 << 28;
  private static final int IMAGES = 0x00000803;
  private static final int LABELS = 0x00000801;
  private static final int HEADER = 16;

  private final Labels labels;

  IdxFormat(Labels labels) {
    this.labels = labels;
  }

  @Override
  public void visit(String file, InputStream in, Visitor visitor) throws IOException {
    DataInputStream data = new DataInputStream(in);
    try {
      int magic = data.readInt();
      if (magic != IMAGES) {
        throw new ArchiveException("no IDX file of images: it begins with 0x%08x".formatted(magic));
      }
      int count = data.readInt();
      int height = data.readInt();
      int width = data.readInt();
      if (count < 0 || height <= 0 || width <= 0 || (long) height * width > MAX_PIXELS) {
        throw new ArchiveException(
            "the IDX header is damaged: %d images of %dx%d".formatted(count, height, width));
      }
      int length = height * width;
      ImageEncoding encoding = new ImageEncoding(ImageEncoding.Kind.GREY, height, width);
      for (long index = 0; index < count; index++) {
        byte[] pixels = data.readNBytes(length);
        if (pixels.length < length) {
          throw new ArchiveException(
              "the file ends at image %d of the %d it promises".formatted(index, count));
        }
        visitor.entry(
            new Entry(
                index,
                HEADER + index * length,
                length,
                Content.fileName(file) + "/" + index,
                new Image(encoding, labels.of(index))),
            new ByteArrayInputStream(pixels));
      }
    } catch (EOFException e) {
      throw new ArchiveException("the file is too short for an IDX header", e);
    }
  }

  /**
   * Reads a file of labels.
   *
   * @throws IOException if it is none, or too short
   */
  static Labels readLabels(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int magic = data.readInt();
    if (magic != LABELS) {
      throw new ArchiveException("no IDX file of labels: it begins with 0x%08x".formatted(magic));
    }
    int count = data.readInt();
    if (count < 0 || count > MAX_LABELS) {
      throw new ArchiveException("the file of labels is damaged: it promises %d".formatted(count));
    }
    byte[] values = data.readNBytes(count);
    if (values.length < count) {
      throw new ArchiveException(
          "the file of labels ends at %d of the %d it promises".formatted(values.length, count));
    }
    return index ->
        index < count ? Integer.toString(Byte.toUnsignedInt(values[(int) index])) : null;
  }

  /** The name of the file of labels that belongs to a file of images, by MNIST's convention. */
  static String labelFile(String images) {
    int slash = images.lastIndexOf('/') + 1;
    return images.substring(0, slash)
        + images.substring(slash).replace("images", "labels").replace("idx3", "idx1");
  }
}
