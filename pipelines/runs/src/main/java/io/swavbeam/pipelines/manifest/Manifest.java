package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.history.History;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.records.RecordFileWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * The images of a training run in a fixed order, without their labels. They are read from disk by
 * number, so memory does not grow with them. Thread-safe.
 */
public final class Manifest implements AutoCloseable {
  private static final String FILE = "images.records";
  private static final int DIGEST_LENGTH = 16;

  private final RecordFile records;
  private final Notes notes;

  private Manifest(RecordFile records) {
    this.records = records;
    notes = ConfigJson.read(records.notes(), Notes.class, FILE, History.MANIFEST);
  }

  /**
   * The notes of a manifest.
   *
   * @param input a digest of the listed files; empty if some could not be used, so that they are
   *     tried again
   * @param sidecars the number of files and entries beside the images, by extension
   * @param images the digest of the images, see {@link Manifest#digest}
   * @param content a digest of the bytes of the sources, in order; empty if it is unknown
   * @param sources the offsets of the blocks of {@link ManifestSource}s in the file
   */
  public record Notes(
      String input,
      Map<String, Long> sidecars,
      String images,
      String content,
      List<Long> sources) {}

  /** Writes a manifest. */
  public static final class Writer implements AutoCloseable {
    private final RecordFileWriter records;
    private final ImageRecords.Writer images;
    private final Digest digest = new Digest();
    private final ManifestSource.Writer sources;
    private String content = "";

    /**
     * @param channel the channel to write to; closed with this writer
     */
    public Writer(WritableByteChannel channel) throws IOException {
      records = new RecordFileWriter(channel);
      images = new ImageRecords.Writer(records);
      sources = new ManifestSource.Writer(records);
    }

    /** Adds an image without its label. */
    public void add(ImageRef image) throws IOException {
      images.add(image, null);
      Manifest.add(image, digest);
      sources.add(image);
    }

    /**
     * Ends a source: the images that were added after the previous source are in this file.
     *
     * @param uri the URI of the file
     * @param fingerprint the fingerprint of its bytes; empty if it is unknown
     */
    public void endSource(String uri, String fingerprint) throws IOException {
      sources.end(uri, fingerprint, null);
    }

    /** Ends a source of another manifest, with the name that it had when the run began. */
    void endSource(ManifestSource now, ManifestSource then) throws IOException {
      sources.end(now.uri(), now.fingerprint(), then.name());
    }

    /** Returns the number of images. */
    public long images() {
      return records.count();
    }

    /**
     * Completes the manifest.
     *
     * @return the digest of its images, see {@link Manifest#digest}
     */
    public String finish() throws IOException {
      return finish("", Map.of());
    }

    /**
     * Completes the manifest with notes.
     *
     * @return the digest of its images
     */
    public String finish(String input, Map<String, Long> sidecars) throws IOException {
      String images = digest.hex(DIGEST_LENGTH);
      List<Long> blocks = sources.finish();
      content = sources.content();
      records.finish(ConfigJson.write(new Notes(input, sidecars, images, content, blocks)));
      return images;
    }

    /** Returns the digest of the bytes of the sources. Must be called after {@link #finish}. */
    public String content() {
      return content;
    }

    @Override
    public void close() throws IOException {
      records.close();
    }
  }

  /**
   * Writes a manifest to a folder. It is never visible in part.
   *
   * @return the digest of the images
   */
  public static String write(Path folder, Iterable<ImageRef> images) throws IOException {
    String[] digest = new String[1];
    AtomicFiles.writeFolder(
        folder,
        unfinished -> {
          try (Writer writer = writer(unfinished)) {
            for (ImageRef image : images) {
              writer.add(image);
            }
            digest[0] = writer.finish();
          }
        });
    return digest[0];
  }

  /** Creates a writer of the file in a folder of a manifest. */
  public static Writer writer(Path folder) throws IOException {
    return new Writer(
        Files.newByteChannel(
            file(folder), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /** Returns the file in a folder of a manifest. */
  public static Path file(Path folder) {
    return folder.resolve(FILE);
  }

  /** Returns whether a folder has a manifest of this version or an earlier one. */
  public static boolean isIn(Path folder) {
    return Files.exists(file(folder)) || EarlierManifest.isIn(folder);
  }

  /**
   * Opens the manifest in a folder. Converts a manifest of an earlier version first.
   *
   * @throws IOException in one line, if it is damaged
   */
  public static Manifest read(Path folder) throws IOException {
    if (!Files.exists(file(folder)) && EarlierManifest.isIn(folder)) {
      EarlierManifest.convert(folder);
    }
    return open(file(folder));
  }

  /**
   * Opens the file of a manifest. It may be deleted while it is open.
   *
   * @throws IOException in one line, if it is damaged
   */
  public static Manifest open(Path file) throws IOException {
    return new Manifest(RecordFile.open(file));
  }

  /**
   * Returns a digest of the names and positions of the images, in order. It does not depend on the
   * folders of the archives.
   */
  public String digest() {
    Digest digest = new Digest();
    for (Iterator<ImageRef> images = iterator(); images.hasNext(); ) {
      add(images.next(), digest);
    }
    return digest.hex(DIGEST_LENGTH);
  }

  private static void add(ImageRef image, Digest digest) {
    digest.add(image.file().name()).add(image.name()).add(image.offset()).add(image.length());
  }

  /** Returns the notes. */
  public Notes notes() {
    return notes;
  }

  /**
   * Returns the files of the images in order, which are read when the iterator reaches them; none
   * in manifests of earlier versions.
   *
   * @throws UncheckedIOException in one line, from the iterator, if the manifest is damaged
   */
  Iterator<ManifestSource> sources() {
    return ManifestSource.read(records, notes.sources());
  }

  /** Returns all images in order, which are read when the iterator reaches them. */
  public Iterator<ImageRef> iterator() {
    return LongStream.range(0, size()).mapToObj(this::get).iterator();
  }

  /** Returns the number of images. */
  public long size() {
    return records.count();
  }

  /**
   * Returns an image by its number, without its label.
   *
   * @throws UncheckedIOException in one line, if the manifest is damaged
   */
  public ImageRef get(long index) {
    try {
      return (ImageRef) ImageRecords.read(records, index);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      records.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
