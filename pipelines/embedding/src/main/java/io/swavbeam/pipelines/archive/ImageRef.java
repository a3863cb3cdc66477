package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reference to one image in a file, without its bytes. It takes a few hundred bytes for an image
 * of any size.
 *
 * @param source the file or archive that the image is an entry of; {@code outer.tar!/inner.tar} for
 *     an archive in an archive
 * @param position the position of the entry in its source: the offset of its header in a tar, its
 *     index in the central directory of a zip, the index of the record in IDX and CIFAR files, 0
 *     for a single file
 * @param file the file that contains the image
 * @param offset the offset of its first byte in that file; of its local header if {@code packing}
 *     is one of zip
 * @param length the number of bytes in the file
 * @param packing the packing of these bytes
 * @param unpackedLength the number of bytes after unpacking, or {@link #UNKNOWN}
 * @param crc32 the CRC-32 of the unpacked bytes, or {@link #UNKNOWN}
 * @param encoding the encoding of the image
 * @param name the path inside the archive, or the path of the file below the input folder
 * @param label the class of the image, or null; not used in training
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
  /** The value of an unknown property. */
  public static final long UNKNOWN = -1;

  /** The packing of the bytes of an image in an archive. */
  public enum Packing {
    /** Not compressed. */
    STORED,
    /** Raw deflate. Used in manifests of earlier versions. */
    DEFLATED,
    /** Not compressed, after a local header of zip. */
    ZIP_STORED,
    /** Raw deflate, after a local header of zip. */
    ZIP_DEFLATED
  }

  /** Creates a reference to an image that is not compressed in its file. */
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

  /** Returns the same reference with another label. */
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
