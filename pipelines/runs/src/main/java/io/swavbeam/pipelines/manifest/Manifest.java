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
 * The images of a training run, in a fixed order, without their labels. They stay on disk, from
 * where each is read by its number: memory does not grow with them. Safe for use by several threads
 * at once.
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
   * What is noted beside the images.
   *
   * @param input a digest of the files that were listed, or empty if something in them could not be
   *     used: then it is to be tried again
   * @param sidecars files and entries that stand beside the images, by extension
   * @param images the digest of the images, as {@link Manifest#digest} has it
   * @param content digest of the bytes of the sources, in order; empty where they were not told
   * @param sources where the blocks of {@link ManifestSource}s are in the file
   */
  public record Notes(
      String input,
      Map<String, Long> sidecars,
      String images,
      String content,
      List<Long> sources) {}

  /** Writes a manifest, image by image. */
  public static final class Writer implements AutoCloseable {
    private final RecordFileWriter records;
    private final ImageRecords.Writer images;
    private final Digest digest = new Digest();
    private final ManifestSource.Writer sources;
    private String content = "";

    /**
     * @param channel that is written from its beginning, and closed with this
     */
    public Writer(WritableByteChannel channel) throws IOException {
      records = new RecordFileWriter(channel);
      images = new ImageRecords.Writer(records);
      sources = new ManifestSource.Writer(records);
    }

    /** Adds an image; its label is left out. */
    public void add(ImageRef image) throws IOException {
      images.add(image, null);
      Manifest.add(image, digest);
      sources.add(image);
    }

    /**
     * Ends a source: the images that were added since the last one are in this file.
     *
     * @param uri of the file
     * @param fingerprint tells its bytes from others under its name; empty if they are not known
     */
    public void endSource(String uri, String fingerprint) throws IOException {
      sources.end(uri, fingerprint, null);
    }

    /** The same for a source of another manifest, under the name that it had when a run began. */
    void endSource(ManifestSource now, ManifestSource then) throws IOException {
      sources.end(now.uri(), now.fingerprint(), then.name());
    }

    /** How many images were added. */
    public long images() {
      return records.count();
    }

    /**
     * Ends the manifest.
     *
     * @return the digest of its images, as {@link Manifest#digest}
     */
    public String finish() throws IOException {
      return finish("", Map.of());
    }

    /**
     * The same, and notes something beside the images.
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

    /** After {@link #finish}, the digest of the sources' bytes that is noted. */
    public String content() {
      return content;
    }

    @Override
    public void close() throws IOException {
      records.close();
    }
  }

  /**
   * Writes a manifest into a folder, which appears whole.
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

  /** Begins the one file of a manifest's folder. */
  public static Writer writer(Path folder) throws IOException {
    return new Writer(
        Files.newByteChannel(
            file(folder), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /** The one file of a manifest's folder. */
  public static Path file(Path folder) {
    return folder.resolve(FILE);
  }

  /** Whether there is a manifest in a folder, of this version or an earlier one. */
  public static boolean isIn(Path folder) {
    return Files.exists(file(folder)) || EarlierManifest.isIn(folder);
  }

  /**
   * Opens the manifest in a folder. One of an earlier version is first written anew.
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
   * Opens the file of a manifest, wherever it lies. It may be deleted while it is open.
   *
   * @throws IOException in one line, if it is damaged
   */
  public static Manifest open(Path file) throws IOException {
    return new Manifest(RecordFile.open(file));
  }

  /**
   * A digest of the images' names and places, in order. It does not depend on the folders that the
   * archives lie in.
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

  /** Returns the notes of the manifest. */
  public Notes notes() {
    return notes;
  }

  /**
   * The files that the images are in, in order, read as they are asked for; none in manifests of
   * earlier versions.
   *
   * @throws UncheckedIOException in one line, from the iterator, if the manifest is damaged
   */
  Iterator<ManifestSource> sources() {
    return ManifestSource.read(records, notes.sources());
  }

  /** All images in order, read as they are asked for. */
  public Iterator<ImageRef> iterator() {
    return LongStream.range(0, size()).mapToObj(this::get).iterator();
  }

  /** How many images there are. */
  public long size() {
    return records.count();
  }

  /**
   * The image at a place in the order, without its label.
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
