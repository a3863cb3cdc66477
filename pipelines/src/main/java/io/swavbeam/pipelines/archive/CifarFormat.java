package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * CIFAR's binary versions: records of 32x32 pixels, plane by plane, behind one byte of label in
 * CIFAR-10, behind two in CIFAR-100, of which the second, the fine one, is taken.
 */
final class CifarFormat implements ArchiveFormat {
  static final int SIDE = 32;
  static final int PIXELS = 3 * SIDE * SIDE;

  /** How many classes each byte of label has. */
  private static final int[] CIFAR_10 = {10};

  private static final int[] CIFAR_100 = {20, 100};

  private static final ImageEncoding ENCODING =
      new ImageEncoding(ImageEncoding.Kind.PLANAR_RGB, SIDE, SIDE);

  private final int[] classes;

  private CifarFormat(int[] classes) {
    this.classes = classes;
  }

  /** The version that a file's name says. */
  static CifarFormat of(String file) {
    String name = Content.fileName(file).toLowerCase(Locale.ROOT);
    return new CifarFormat(
        name.equals("train.bin") || name.equals("test.bin") ? CIFAR_100 : CIFAR_10);
  }

  /**
   * Reads all labels.
   *
   * @throws ArchiveException if one is above the classes, so that it is another kind of file
   */
  void check(InputStream in) throws IOException {
    for (long index = 0; ; index++) {
      byte[] labels = in.readNBytes(classes.length);
      if (labels.length < classes.length) {
        return;
      }
      checked(labels, index);
      if (in.skip(PIXELS) < PIXELS) {
        return; // visiting says that it is cut off
      }
    }
  }

  private String checked(byte[] labels, long index) throws ArchiveException {
    for (int i = 0; i < classes.length; i++) {
      if (Byte.toUnsignedInt(labels[i]) >= classes[i]) {
        throw new ArchiveException(
            "it is no file of CIFAR-%d: record %d has the label %d"
                .formatted(classes[classes.length - 1], index, Byte.toUnsignedInt(labels[i])));
      }
    }
    return Integer.toString(Byte.toUnsignedInt(labels[classes.length - 1]));
  }

  @Override
  public void visit(String file, InputStream in, Visitor visitor) throws IOException {
    int record = classes.length + PIXELS;
    for (long index = 0; ; index++) {
      byte[] bytes = in.readNBytes(record);
      if (bytes.length == 0) {
        return;
      }
      if (bytes.length < record) {
        throw new ArchiveException("the file ends in the middle of record " + index);
      }
      String label = checked(bytes, index);
      visitor.entry(
          new Entry(
              index,
              index * record + classes.length,
              PIXELS,
              Content.fileName(file) + "/" + index,
              new Image(ENCODING, label)),
          new ByteArrayInputStream(bytes, classes.length, PIXELS));
    }
  }
}
