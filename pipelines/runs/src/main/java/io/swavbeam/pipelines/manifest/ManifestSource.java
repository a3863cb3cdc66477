package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.records.RecordFileWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.avro.io.BinaryDecoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A file with images of a manifest.
 *
 * @param uri the URI of the file when it was listed
 * @param name for an archive, the last part of its path when the run began; for a single image, its
 *     path below the input folder
 * @param fingerprint the fingerprint of its bytes; empty if it is unknown
 * @param images a digest of the positions of its images in the file
 * @param first the number of its first image
 * @param count the number of its images, at least 1
 */
record ManifestSource(
    String uri, String name, String fingerprint, String images, long first, long count) {
  private static final int DIGEST_LENGTH = 16;

  /** The number of sources in a record, about 150 bytes each. */
  private static final int BLOCK = 256;

  private static final String INNER = "!/";

  /**
   * Returns whether two files contain the same images, as far as it is known. Their names may
   * differ.
   */
  boolean holdsTheSameAs(ManifestSource other) {
    return images.equals(other.images)
        && (fingerprint.equals(other.fingerprint)
            || fingerprint.isEmpty()
            || other.fingerprint.isEmpty());
  }

  /** Returns a text that is equal for files with the same images. */
  String content() {
    return fingerprint + " " + images;
  }

  /** Writes sources in blocks, so memory does not grow with them. */
  static final class Writer {
    private final RecordFileWriter records;
    private final Digest content = new Digest();
    private final List<ManifestSource> waiting = new ArrayList<>();
    private final List<Long> blocks = new ArrayList<>();
    private Digest images = new Digest();
    private long first;
    private @Nullable String name;

    Writer(RecordFileWriter records) {
      this.records = records;
    }

    /** Adds an image of the current source. */
    void add(ImageRef image) {
      int inner = image.source().indexOf(INNER);
      String inside = inner < 0 ? "" : image.source().substring(inner);
      images.add(inside).add("\0").add(image.offset()).add(image.length());
      name = image.name();
    }

    /**
     * @param calledThen the name of an archive when the run began; null for its current name
     */
    void end(String uri, String fingerprint, @Nullable String calledThen) throws IOException {
      if (records.count() == first || name == null) {
        return; // the source has no images
      }
      boolean archive = Formats.isArchive(uri);
      String present = archive ? uri.substring(uri.lastIndexOf('/') + 1) : name;
      String called = calledThen == null ? present : calledThen;
      if (!archive) {
        images.add(name);
      }
      ManifestSource source =
          new ManifestSource(
              uri, called, fingerprint, images.hex(DIGEST_LENGTH), first, records.count() - first);
      content.add(source.content());
      waiting.add(source);
      images = new Digest();
      first = records.count();
      if (waiting.size() == BLOCK) {
        flush();
      }
    }

    private void flush() throws IOException {
      List<ManifestSource> block = List.copyOf(waiting);
      blocks.add(
          records.addUnnumbered(
              encoder -> {
                encoder.writeInt(block.size());
                for (ManifestSource source : block) {
                  encoder.writeString(source.uri());
                  encoder.writeString(source.name());
                  encoder.writeString(source.fingerprint());
                  encoder.writeString(source.images());
                  encoder.writeLong(source.first());
                  encoder.writeLong(source.count());
                }
              }));
      waiting.clear();
    }

    /** Writes the remaining sources, and returns the offsets of the blocks. */
    List<Long> finish() throws IOException {
      if (!waiting.isEmpty()) {
        flush();
      }
      return List.copyOf(blocks);
    }

    /**
     * Returns a digest of all sources in order; empty if there are none. Must be called after
     * {@link #finish}.
     */
    String content() {
      return blocks.isEmpty() ? "" : content.hex(DIGEST_LENGTH);
    }
  }

  /** Returns the sources of a manifest, block by block. */
  static Iterator<ManifestSource> read(RecordFile records, List<Long> blocks) {
    return blocks.stream()
        .flatMap(
            at -> {
              try {
                return records.at(at, ManifestSource::block).stream();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .iterator();
  }

  private static List<ManifestSource> block(BinaryDecoder decoder) throws IOException {
    int size = decoder.readInt();
    List<ManifestSource> block = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      block.add(
          new ManifestSource(
              decoder.readString(),
              decoder.readString(),
              decoder.readString(),
              decoder.readString(),
              decoder.readLong(),
              decoder.readLong()));
    }
    return block;
  }
}
