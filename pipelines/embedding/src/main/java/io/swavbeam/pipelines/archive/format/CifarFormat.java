package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The binary versions of CIFAR: records of 32x32 pixels, plane by plane. In CIFAR-10, a label of
 * one byte precedes the pixels. In CIFAR-100, two labels precede them, and the second (fine) label
 * is used.
 *
 * <p>Such a file has no signature. All its labels are checked before the first image is listed. A
 * label beyond the number of classes shows that it is another kind of file.
 */
public final class CifarFormat implements ArchiveFormat {
  private static final int SIDE = 32;
  private static final int PIXELS = 3 * SIDE * SIDE;
  private static final Pattern NAME = Pattern.compile("(data_batch_.*|.*_batch|train|test)\\.bin");

  /** The number of classes of each label byte. */
  private static final int[] CIFAR_10 = {10};

  private static final int[] CIFAR_100 = {20, 100};

  private static final ImageEncoding ENCODING =
      new ImageEncoding(ImageEncoding.Kind.PLANAR_RGB, SIDE, SIDE);

  @Override
  public int order() {
    return 20;
  }

  @Override
  public Role role(String name) {
    return NAME.matcher(name).matches() ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of();
  }

  @Override
  public boolean needsSeeking() {
    return true;
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    String name = opening.name().toLowerCase(Locale.ROOT);
    int[] classes = name.equals("train.bin") || name.equals("test.bin") ? CIFAR_100 : CIFAR_10;
    Records looked = new Records(bytes.stream(), opening.shown(), classes);
    while (looked.skip()) {
      // checks its label
    }
    return new Records(bytes.stream(), opening.shown(), classes);
  }

  private static final class Records implements Members {
    private final InputStream in;
    private final String file;
    private final int[] classes;
    private long index;

    Records(InputStream in, String file, int[] classes) {
      this.in = in;
      this.file = file;
      this.classes = classes;
    }

    /** Checks the label of the next record and skips its pixels. Returns false at the end. */
    boolean skip() throws IOException {
      byte[] labels = in.readNBytes(classes.length);
      if (labels.length < classes.length) {
        return false;
      }
      label(labels);
      index++;
      return in.skip(PIXELS) == PIXELS;
    }

    private String label(byte[] labels) throws ArchiveException {
      for (int i = 0; i < classes.length; i++) {
        if (Byte.toUnsignedInt(labels[i]) >= classes[i]) {
          throw new ArchiveException(
              "it is not a file of CIFAR-%d: record %d has the label %d"
                  .formatted(classes[classes.length - 1], index, Byte.toUnsignedInt(labels[i])));
        }
      }
      return Integer.toString(Byte.toUnsignedInt(labels[classes.length - 1]));
    }

    @Override
    public @Nullable Member next() throws IOException {
      int length = classes.length + PIXELS;
      byte[] bytes = in.readNBytes(length);
      if (bytes.length == 0) {
        return null;
      }
      if (bytes.length < length) {
        throw new ArchiveException("the file ends in the middle of record " + index);
      }
      Member record =
          Member.File.stored(
              index,
              file + "/" + index,
              index * length + classes.length,
              PIXELS,
              new Member.Image(ENCODING, label(bytes)),
              new ByteArrayInputStream(bytes, classes.length, PIXELS));
      index++;
      return record;
    }
  }
}
