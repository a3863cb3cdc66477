package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Names one image in a file without its bytes. A few hundred bytes, whatever the image's size.
 *
 * @param source what the image is an entry of: the file, or an archive in it, {@code
 *     outer.tar!/inner.tar}
 * @param position of the entry in its source: the offset of its header in a tar, its number in the
 *     central directory of a zip, the number of the record in IDX and CIFAR files, 0 for a single
 *     file
 * @param file that holds it
 * @param offset of its first byte in that file; of its local header where {@code packing} is a
 *     zip's
 * @param length in the file, in bytes
 * @param packing of those bytes
 * @param unpackedLength in bytes, or {@link #UNKNOWN}
 * @param crc32 of the unpacked bytes, or {@link #UNKNOWN}
 * @param encoding of the image
 * @param name path inside the archive, or of the file below the folder that was given
 * @param label class of the image, or null; training never sees it
 */
@DefaultSchema(RecordSchema.class)
public record ImageRef(
    String source,
    long position,
    Location file,
    long offset,
    long length,
    Packing packing,
    long unpackedLength,
    long crc32,
    ImageEncoding encoding,
    String name,
    @Nullable String label)
    implements StoredRef {
  /** The value of a property of an image that is not known. */
  public static final long UNKNOWN = -1;

  /** How an archive packs the bytes of one image. */
  public enum Packing {
    /** As they are. */
    STORED,
    /** Compressed by raw deflate. Manifests of earlier versions have it. */
    DEFLATED,
    /** As they are, behind a local header of zip. */
    ZIP_STORED,
    /** Compressed by raw deflate, behind a local header of zip. */
    ZIP_DEFLATED
  }

  /** An image whose bytes stand in a file as they are. */
  public static ImageRef stored(
      String source,
      long position,
      Location file,
      long offset,
      long length,
      ImageEncoding encoding,
      String name,
      @Nullable String label) {
    return new ImageRef(
        source,
        position,
        file,
        offset,
        length,
        Packing.STORED,
        length,
        UNKNOWN,
        encoding,
        name,
        label);
  }

  /** This image with another label. */
  @Internal
  public ImageRef withLabel(String newLabel) {
    return new ImageRef(
        source,
        position,
        file,
        offset,
        length,
        packing,
        unpackedLength,
        crc32,
        encoding,
        name,
        newLabel);
  }
}
