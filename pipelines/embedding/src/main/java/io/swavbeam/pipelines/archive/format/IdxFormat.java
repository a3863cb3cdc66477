package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * IDX files as in MNIST: grey images of one size. Labels are in a second file, whose name follows
 * the convention of MNIST. The position of an image is its index.
 */
public final class IdxFormat implements ArchiveFormat {
  // The labels are held in memory. The largest dataset of this kind has 814,255.
  private static final int MAX_PIXELS = 1 << 26;
  private static final int MAX_LABELS = 1 << 28;
  private static final int IMAGES = 0x00000803;
  private static final int LABELS = 0x00000801;
  private static final int HEADER = 16;
  private static final String GZIP = ".gz";

  @Override
  public int order() {
    return 0; // names of IDX files may precede the extension of a compression
  }

  @Override
  public Role role(String name) {
    if (name.contains("idx1-ubyte")) {
      return Role.COMPANION;
    }
    return name.contains("idx3-ubyte") && Compression.ofName(name).isEmpty()
        ? Role.ARCHIVE
        : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of();
  }

  @Override
  public List<String> companions(String name) {
    String plain =
        name.toLowerCase(Locale.ROOT).endsWith(GZIP)
            ? name.substring(0, name.length() - GZIP.length())
            : name;
    String labels = plain.replace("images", "labels").replace("idx3", "idx1");
    return labels.equals(plain) ? List.of() : List.of(labels, labels + GZIP);
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    DataInputStream data = new DataInputStream(bytes.stream());
    try {
      int magic = data.readInt();
      if (magic != IMAGES) {
        throw new ArchiveException(
            "not an IDX file of images: it begins with 0x%08x".formatted(magic));
      }
      int count = data.readInt();
      int height = data.readInt();
      int width = data.readInt();
      if (count < 0 || height <= 0 || width <= 0 || (long) height * width > MAX_PIXELS) {
        throw new ArchiveException(
            "the IDX header is damaged: %d images of %dx%d".formatted(count, height, width));
      }
      return new Images(data, opening.shown(), labels(opening), count, height, width);
    } catch (EOFException e) {
      throw new ArchiveException("the file is too short for an IDX header", e);
    }
  }

  /**
   * The labels of a file of images.
   *
   * @param unusable the file of labels, if it cannot be used
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Labels(byte[] values, Member.@Nullable Unusable unusable) {}

  private static final class Images implements Members {
    private final InputStream in;
    private final String file;
    private final byte[] labels;
    private Member.@Nullable Unusable unusable;
    private final int count;
    private final int length;
    private final ImageEncoding encoding;
    private int index;

    Images(InputStream in, String file, Labels labels, int count, int height, int width) {
      this.in = in;
      this.file = file;
      this.labels = labels.values();
      unusable = labels.unusable();
      this.count = count;
      length = height * width;
      encoding = new ImageEncoding(ImageEncoding.Kind.GREY, height, width);
    }

    @Override
    public @Nullable Member next() throws IOException {
      if (unusable != null) {
        Member labelsFile = unusable;
        unusable = null;
        return labelsFile;
      }
      if (index == count) {
        return null;
      }
      byte[] pixels = in.readNBytes(length);
      if (pixels.length < length) {
        throw new ArchiveException("the file ends at image %d of %d".formatted(index, count));
      }
      String label =
          index < labels.length ? Integer.toString(Byte.toUnsignedInt(labels[index])) : null;
      Member image =
          Member.File.stored(
              index,
              file + "/" + index,
              HEADER + (long) index * length,
              length,
              new Member.Image(encoding, label),
              new ByteArrayInputStream(pixels));
      index++;
      return image;
    }
  }

  /** Returns the labels of a file of images; empty if there is no such file. */
  private Labels labels(Opening opening) {
    for (String name : companions(opening.name())) {
      try (InputStream in = opening.companions().open(name)) {
        if (in != null) {
          Optional<Compression> compression = Compression.ofName(name);
          return new Labels(
              labels(compression.isPresent() ? compression.get().open(in) : in), null);
        }
      } catch (IOException e) {
        return new Labels(new byte[0], new Member.Unusable(name, PassingErrors.describe(e)));
      }
    }
    return new Labels(new byte[0], null);
  }

  private static byte[] labels(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int magic = data.readInt();
    if (magic != LABELS) {
      throw new ArchiveException(
          "not an IDX file of labels: it begins with 0x%08x".formatted(magic));
    }
    int count = data.readInt();
    if (count < 0 || count > MAX_LABELS) {
      throw new ArchiveException(
          "the file of labels is damaged: it should have %d".formatted(count));
    }
    byte[] values = data.readNBytes(count);
    if (values.length < count) {
      throw new ArchiveException(
          "the file of labels ends at label %d of %d".formatted(values.length, count));
    }
    return values;
  }
}
