package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.storage.Storage;
import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Enumeration;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Archives of images on any of Beam's file systems: single files, tar, zip, CIFAR-10's binary
 * version and IDX, which are read by offset; and {@code .tar.gz} and {@code .gz}, which are read
 * from their beginning.
 */
public final class Archives {
  /** Hears what is in a file. */
  public interface Listener {
    /** Called for each image, in the order of the file. */
    void image(ImageRef ref);

    /** Called where a part of the file cannot be used. */
    void deadLetter(DeadLetter letter);

    /** Called for each file or entry that is no image. */
    void ignored(String name);
  }

  private Archives() {}

  /**
   * Lists the images of one file, reading no more of it than needed. A file that only streams is
   * one reference, whatever is in it.
   *
   * @param file one of the files that {@link InputFiles} found
   */
  public static void list(InputFile file, Listener listener) {
    Optional<ArchiveType> type = ArchiveType.of(file.uri());
    if (type.isEmpty()) {
      if (!ArchiveType.isCompanion(file.uri())) {
        listener.ignored(file.uri());
      }
      return;
    }
    try {
      switch (type.get()) {
        case IMAGE -> listener.image(image(file));
        case ZIP -> listZip(file.uri(), listener);
        case TAR_GZ, IDX_GZ -> listener.image(stream(file));
        default -> listSeekable(file.uri(), type.get(), listener);
      }
    } catch (IOException e) {
      listener.deadLetter(new DeadLetter(file.uri(), file.name(), "list", describe(e)));
    }
  }

  private static ImageRef image(InputFile file) {
    return new ImageRef(
        file.uri(),
        0,
        file.length(),
        Packing.STORED,
        ImageEncoding.FILE,
        file.name(),
        Label.ofParent(file.name()));
  }

  private static ImageRef stream(InputFile file) {
    return new ImageRef(
        file.uri(),
        file.length(),
        ImageRef.WHOLE_STREAM,
        Packing.STORED,
        ImageEncoding.FILE,
        file.name(),
        null);
  }

  private static void listSeekable(String uri, ArchiveType type, Listener listener)
      throws IOException {
    try (InputStream in = new SeekableFileStream(Storage.open(uri))) {
      type.format().visit(uri, in, labels(uri, type), new Lister(listener));
    }
  }

  private record Lister(Listener listener) implements ArchiveFormat.Visitor {
    @Override
    public void image(ImageRef ref, InputStream bytes) {
      listener.image(ref);
    }

    @Override
    public void ignored(String name) {
      listener.ignored(name);
    }
  }

  private static void listZip(String uri, Listener listener) throws IOException {
    try (ZipFile zip = ZipFile.builder().setSeekableByteChannel(Storage.open(uri)).get()) {
      Enumeration<ZipArchiveEntry> entries = zip.getEntriesInPhysicalOrder();
      while (entries.hasMoreElements()) {
        ZipArchiveEntry entry = entries.nextElement();
        String name = entry.getName();
        if (entry.isDirectory()) {
          continue;
        }
        if (!ImageNames.isImage(name)) {
          listener.ignored(name);
        } else if (entry.getGeneralPurposeBit().usesEncryption()) {
          listener.deadLetter(new DeadLetter(uri, name, "list", "the zip entry is encrypted"));
        } else if (entry.getMethod() != ZipEntry.STORED && entry.getMethod() != ZipEntry.DEFLATED) {
          listener.deadLetter(
              new DeadLetter(
                  uri,
                  name,
                  "list",
                  "zip method %d is not supported".formatted(entry.getMethod())));
        } else {
          // Where an entry's data begins stands in its local header, which this call reads.
          zip.getRawInputStream(entry).close();
          listener.image(
              new ImageRef(
                  uri,
                  entry.getDataOffset(),
                  entry.getCompressedSize(),
                  entry.getMethod() == ZipEntry.STORED ? Packing.STORED : Packing.DEFLATED,
                  ImageEncoding.FILE,
                  name,
                  Label.ofParent(name)));
        }
      }
    }
  }

  /** Receives the images of a file that only streams. */
  public interface ImageConsumer {
    void accept(ImageRef ref, byte[] bytes) throws IOException;
  }

  /**
   * Reads a file that only streams, from its beginning to its end.
   *
   * @param ref one with {@link ImageRef#isStream()}
   * @param consumer of each image; its reference has offsets in the unpacked stream
   * @throws IOException where the file is damaged or ends too early; what was consumed is good
   */
  public static void readStream(ImageRef ref, ImageConsumer consumer) throws IOException {
    ArchiveType type = ArchiveType.of(ref.uri()).orElseThrow();
    try (InputStream in = openGzip(ref.uri())) {
      type.format()
          .visit(
              ref.uri(),
              in,
              labels(ref.uri(), type),
              new ArchiveFormat.Visitor() {
                @Override
                public void image(ImageRef image, InputStream bytes) throws IOException {
                  byte[] content = bytes.readNBytes(Math.toIntExact(image.length()));
                  if (content.length < image.length()) {
                    throw new ArchiveException("the archive ends in the middle of " + image.name());
                  }
                  consumer.accept(image, content);
                }

                @Override
                public void ignored(String name) {}
              });
    }
  }

  /** Opens a gzip file as the stream of what is in it. */
  public static InputStream openGzip(String uri) throws IOException {
    return new BufferedInputStream(new GZIPInputStream(Storage.stream(uri), 64 * 1024), 64 * 1024);
  }

  private static ArchiveFormat.Labels labels(String uri, ArchiveType type) throws IOException {
    if (type != ArchiveType.IDX && type != ArchiveType.IDX_GZ) {
      return ArchiveFormat.Labels.NONE;
    }
    for (String candidate : labelFiles(IdxFormat.labelFile(uri))) {
      if (candidate.equals(uri) || !Storage.exists(candidate)) {
        continue;
      }
      try (InputStream in =
          candidate.endsWith(".gz")
              ? openGzip(candidate)
              : new BufferedInputStream(Storage.stream(candidate))) {
        return IdxFormat.readLabels(in);
      }
    }
    return ArchiveFormat.Labels.NONE;
  }

  private static String[] labelFiles(String first) {
    return first.endsWith(".gz")
        ? new String[] {first, first.substring(0, first.length() - ".gz".length())}
        : new String[] {first, first + ".gz"};
  }

  /** What went wrong, in one line. */
  public static String describe(IOException e) {
    if (e instanceof FileNotFoundException) {
      return "the file cannot be opened: " + e.getMessage();
    }
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
